#include "lmkor/layers/encoder.h"

#include <functional>

#include <ATen/core/Generator.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

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

namespace {

using LayerBody = std::function<at::Tensor(const at::Tensor&)>;

// What a layer needs to be computed again: its body, and where the generator stood that seeds its dropout.
struct Again : torch::CustomClassHolder {
  LayerBody body;
  at::Tensor generator_state;
};

at::Generator generator() { return at::globalContext().defaultGenerator(at::kCPU); }

// Keeps only the input of a layer. Gradients of its parameters are added to them as the backward pass runs it again
// (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
class Recomputed : public torch::autograd::Function<Recomputed> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden_ND,
                            const LayerBody& body) {
    auto again = c10::make_intrusive<Again>();
    again->body = body;
    again->generator_state = generator().get_state();
    context->saved_data["again"] = c10::IValue::make_capsule(again);
    context->save_for_backward({hidden_ND});
    return body(hidden_ND);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto again = c10::static_intrusive_pointer_cast<Again>(context->saved_data["again"].toCapsule());
    const at::AutoGradMode with_gradients(true);
    at::Tensor hidden_ND = context->get_saved_variables()[0].detach().set_requires_grad(true);
    at::Generator draws = generator();
    const at::Tensor state = draws.get_state();
    draws.set_state(again->generator_state);
    const at::Tensor out_ND = again->body(hidden_ND);
    draws.set_state(state);
    torch::autograd::backward({out_ND}, {gradients[0]});
    return {hidden_ND.grad(), at::Tensor()};
  }
};

}  // namespace

size_t stored_layer(const Encoder& encoder, int64_t layer, int64_t depth) {
  return static_cast<size_t>(layer) * encoder.layers.size() / static_cast<size_t>(depth);
}

at::Tensor encode(const Encoder& encoder, const at::Tensor& hidden_NE, const PackedInput& input,
                  const EncoderOptions& options, const Mode& mode, std::vector<at::Tensor>* all) {
  at::Tensor hidden_ND = hidden_NE;
  if (encoder.projection.defined()) {
    hidden_ND = kernels::linear(hidden_NE, encoder.projection.weight, encoder.projection.bias, mode.compute);
  }
  if (all) all->push_back(hidden_ND);
  for (int64_t i = 0; i < options.depth; ++i) {
    const EncoderLayer& layer = encoder.layers[stored_layer(encoder, i, options.depth)];
    const auto body = [&layer, input, options, mode](const at::Tensor& in_ND) {
      return feed_forward(layer.feed_forward, attend(layer.attention, in_ND, input, options.attention, mode),
                          options.feed_forward, mode);
    };
    hidden_ND =
        mode.recompute && at::GradMode::is_enabled() ? Recomputed::apply(hidden_ND, LayerBody(body)) : body(hidden_ND);
    if (all) all->push_back(hidden_ND);
  }
  return hidden_ND;
}

}  // namespace lmkor::layers
