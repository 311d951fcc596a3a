#include "lmkor/layers/attention.h"

#include "lmkor/kernels/layer_norm.h"
#include "lmkor/kernels/linear.h"
#include "lmkor/kernels/packed_attention.h"

namespace lmkor::layers {

Attention make_attention(int64_t width) {
  return {make_linear(width, width), make_linear(width, width), make_linear(width, width), make_linear(width, width),
          make_norm(width)};
}

void visit(Attention& attention, const std::string& name, const Visit& f) {
  visit(attention.query, name + ".query", f);
  visit(attention.key, name + ".key", f);
  visit(attention.value, name + ".value", f);
  visit(attention.output, name + ".output", f);
  visit(attention.norm, name + ".norm", f);
}

at::Tensor attend(const Attention& attention, const at::Tensor& hidden_ND, const PackedInput& input,
                  const AttentionOptions& options, const Mode& mode) {
  const at::Tensor qkv =
      kernels::joined_linear(hidden_ND, {attention.query.weight, attention.key.weight, attention.value.weight},
                             {attention.query.bias, attention.key.bias, attention.value.bias}, mode.compute);
  const at::Tensor mixed_ND = kernels::packed_attention(qkv, input.cu_seqlens_host, options.num_heads,
                                                        draw_dropout(options.probs_dropout, mode));
  const at::Tensor out_ND = kernels::linear(mixed_ND, attention.output.weight, attention.output.bias, mode.compute);
  return kernels::add_layer_norm(out_ND, hidden_ND, attention.norm.weight, attention.norm.bias, options.eps,
                                 draw_dropout(options.hidden_dropout, mode));
}

}  // namespace lmkor::layers
