#include "lmkor/layers/encoder.h"

#include "lmkor/base/str.h"
#include "lmkor/kernels/linear.h"

namespace lmkor::layers {

Encoder make_encoder(const EncoderSizes& sizes) {
  Encoder out;
  if (sizes.projects) out.projection = make_linear(sizes.embedding_width, sizes.width);
  for (int64_t i = 0; i < sizes.stored_layers; ++i) {
    out.layers.push_back({make_attention(sizes.width), make_feed_forward(sizes.width, sizes.inner_width)});
  }
  return out;
}

void visit(Encoder& encoder, const std::string& name, const Visit& f) {
  visit(encoder.projection, name + ".projection", f);
  for (size_t i = 0; i < encoder.layers.size(); ++i) {
    visit(encoder.layers[i].attention, base::str(name, ".", i, ".attention"), f);
    visit(encoder.layers[i].feed_forward, base::str(name, ".", i, ".feed_forward"), f);
  }
}

at::Tensor encode(const Encoder& encoder, const at::Tensor& hidden_NE, const PackedInput& input,
                  const EncoderOptions& options, const Mode& mode) {
  at::Tensor hidden_ND = hidden_NE;
  if (encoder.projection.defined()) {
    hidden_ND = kernels::linear(hidden_NE, encoder.projection.weight, encoder.projection.bias, mode.compute);
  }
  for (int64_t i = 0; i < options.depth; ++i) {
    const EncoderLayer& layer = encoder.layers[static_cast<size_t>(i) % encoder.layers.size()];
    hidden_ND = attend(layer.attention, hidden_ND, input, options.attention, mode);
    hidden_ND = feed_forward(layer.feed_forward, hidden_ND, options.feed_forward, mode);
  }
  return hidden_ND;
}

}  // namespace lmkor::layers
