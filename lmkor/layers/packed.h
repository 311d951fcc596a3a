// A batch without padding: the tokens of all sequences lie one behind the other.
// Legend of tensor names here and in model/: N packed tokens, S sequences, S1 = S + 1, M gathered rows, D hidden width,
// E embedding width, F feed-forward width, V vocabulary, C labels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/ATen.h>

namespace lmkor::layers {

struct PackedInput {
  at::Tensor ids_N, position_ids_N, type_ids_N;        // int64
  at::Tensor cu_seqlens_S1;                            // int32: where each sequence starts, then N
  std::vector<int32_t> cu_seqlens_host;                // the same numbers
  int64_t max_length = 0;                              // of the longest sequence
  int32_t max_id = 0, max_position = 0, max_type = 0;  // the largest in the batch: checked without asking the device

  int64_t tokens() const { return cu_seqlens_host.back(); }
  int64_t sequences() const { return static_cast<int64_t>(cu_seqlens_host.size()) - 1; }
};

// Copies host arrays (data::Batch) to `device`. Empty `position_ids`: each sequence counts from 0; empty `type_ids`:
// all 0. Throws kInternal where lengths do not fit together, a sequence is empty or a number is negative.
PackedInput make_packed(std::span<const int32_t> ids, std::span<const int32_t> position_ids,
                        std::span<const int32_t> type_ids, std::span<const int32_t> cu_seqlens,
                        at::Device device = at::kCPU);

}  // namespace lmkor::layers
