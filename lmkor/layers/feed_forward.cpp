#include "lmkor/layers/feed_forward.h"

#include "lmkor/kernels/layer_norm.h"
#include "lmkor/kernels/linear.h"

namespace lmkor::layers {

FeedForward make_feed_forward(int64_t width, int64_t inner_width) {
  return {make_linear(width, inner_width), make_linear(inner_width, width), make_norm(width)};
}

void visit(FeedForward& block, const std::string& name, const Visit& f) {
  visit(block.in, name + ".in", f);
  visit(block.out, name + ".out", f);
  visit(block.norm, name + ".norm", f);
}

at::Tensor feed_forward(const FeedForward& block, const at::Tensor& hidden_ND, const FeedForwardOptions& options,
                        const Mode& mode) {
  const at::Tensor inner_NF =
      kernels::activate(kernels::linear(hidden_ND, block.in.weight, block.in.bias, mode.compute), options.activation);
  const at::Tensor out_ND = kernels::linear(inner_NF, block.out.weight, block.out.bias, mode.compute);
  return kernels::add_layer_norm(out_ND, hidden_ND, block.norm.weight, block.norm.bias, options.eps,
                                 draw_dropout(options.dropout, mode));
}

}  // namespace lmkor::layers
