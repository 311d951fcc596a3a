// The feed-forward block with its residual and LayerNorm (post-LN, as BERT).
#pragma once

#include "lmkor/kernels/activation.h"
#include "lmkor/layers/init.h"
#include "lmkor/layers/mode.h"

namespace lmkor::layers {

struct FeedForward {
  Linear in, out;
  Norm norm;
};

struct FeedForwardOptions {
  kernels::Activation activation;
  double dropout, eps;
};

FeedForward make_feed_forward(int64_t width, int64_t inner_width);
void visit(FeedForward& block, const std::string& name, const Visit& f);
at::Tensor feed_forward(const FeedForward& block, const at::Tensor& hidden_ND, const FeedForwardOptions& options,
                        const Mode& mode);

}  // namespace lmkor::layers
