// Self-attention with its residual and LayerNorm (post-LN, as BERT).
#pragma once

#include "lmkor/layers/init.h"
#include "lmkor/layers/mode.h"
#include "lmkor/layers/packed.h"

namespace lmkor::layers {

struct Attention {
  Linear query, key, value, output;
  Norm norm;
};

struct AttentionOptions {
  int64_t num_heads;
  double probs_dropout, hidden_dropout, eps;
};

Attention make_attention(int64_t width);
void visit(Attention& attention, const std::string& name, const Visit& f);
at::Tensor attend(const Attention& attention, const at::Tensor& hidden_ND, const PackedInput& input,
                  const AttentionOptions& options, const Mode& mode);

}  // namespace lmkor::layers
