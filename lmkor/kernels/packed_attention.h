// Attention over packed rows: sequences lie one behind the other without padding, and a token attends to the tokens of
// its own sequence. Work is done per (sequence, head), so memory does not grow with the square of the batch.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/kernels/dropout.h"

namespace lmkor::kernels {

// qkv: [N, 3 D], a row holds query, key and value, each with heads side by side -> [N, D] of the same type.
// softmax(q k^T / sqrt(head width)) v in fp32; dropout acts on the probabilities: element (head * N + query row, key
// within the sequence).
at::Tensor packed_attention(const at::Tensor& qkv, const std::vector<int32_t>& cu_seqlens, int64_t num_heads,
                            const Dropout& dropout = {});
at::Tensor packed_attention_plain(const at::Tensor& qkv, const std::vector<int32_t>& cu_seqlens, int64_t num_heads,
                                  const Dropout& dropout = {});

}  // namespace lmkor::kernels
