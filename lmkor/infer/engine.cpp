#include "lmkor/infer/engine.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/embedding.h"
#include "lmkor/kernels/layer_norm.h"
#include "lmkor/kernels/packed_attention.h"

namespace lmkor::infer {

using base::Error;
using base::ErrorKind;
using base::str;
using kernels::Precision;

namespace {

kernels::Activation head_activation(const model::Network& network) {
  return model::family(network.config.family).masked_lm_head_is_erf ? kernels::Activation::kGeluErf
                                                                    : kernels::activation_of(network.config.hidden_act);
}

}  // namespace

kernels::PackedLinear Engine::pack(const layers::Linear& linear, Precision precision) const {
  if (!linear.defined()) return {};
  return kernels::pack_linear({linear.weight}, {linear.bias}, precision);
}

Engine::Engine(model::Network network, Precision precision, at::Device device)
    : network_(std::move(network)), precision_(precision), device_(device) {
  const at::NoGradGuard guard;
  if (!packed()) {
    if (precision == Precision::kInt8) {
      throw Error(ErrorKind::kConfig, str("precision: got int8 for the device ", device.str(),
                                          ", expected fp32 or bf16; int8 runs on the CPU only"));
    }
    model::to_device(network_, device);
    return;
  }
  projection_ = pack(network_.encoder.projection, precision);
  for (const layers::EncoderLayer& layer : network_.encoder.layers) {
    const layers::Attention& attention = layer.attention;
    layers_.push_back(
        {.qkv = kernels::pack_linear({attention.query.weight, attention.key.weight, attention.value.weight},
                                     {attention.query.bias, attention.key.bias, attention.value.bias}, precision),
         .attention_out = pack(attention.output, precision),
         .in = pack(layer.feed_forward.in, precision),
         .out = pack(layer.feed_forward.out, precision),
         .attention_norm = attention.norm,
         .norm = layer.feed_forward.norm});
  }
  if (network_.masked_lm.bias_V.defined()) {
    masked_lm_transform_ = pack(network_.masked_lm.transform, precision);
    word_table_ = kernels::pack_linear({network_.embeddings.word_VE}, {network_.masked_lm.bias_V}, precision);
  }
  replaced_token_transform_ = pack(network_.replaced_token.transform, precision);
  replaced_token_output_ = pack(network_.replaced_token.output, Precision::kFp32);
  if (network_.sequence.output.defined()) pooler_ = pack(network_.pooler, Precision::kFp32);
  sequence_transform_ = pack(network_.sequence.transform, Precision::kFp32);
  sequence_output_ = pack(network_.sequence.output, Precision::kFp32);
  tokens_ = pack(network_.tokens, Precision::kFp32);
  question_ = pack(network_.question, Precision::kFp32);
}

at::Tensor Engine::encode(const model::PackedInput& input, std::vector<at::Tensor>* all) const {
  const at::NoGradGuard guard;
  const model::Config& config = network_.config;
  const at::ScalarType type = kernels::activation_type(precision_);
  if (!packed()) return model::encode(network_, input, mode(), all);
  at::Tensor hidden = layers::embed(network_.embeddings, input, config.layer_norm_eps, /*dropout=*/0, mode());
  if (projection_.defined()) hidden = kernels::multiply(hidden, projection_, type);
  if (all) all->push_back(hidden);
  const kernels::Activation activation = kernels::activation_of(config.hidden_act);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const Layer& layer = layers_[layers::stored_layer(network_.encoder, i, config.num_hidden_layers)];
    const at::Tensor mixed = kernels::packed_attention(kernels::multiply(hidden, layer.qkv, type),
                                                       input.cu_seqlens_host, config.num_attention_heads);
    hidden = kernels::add_layer_norm(kernels::multiply(mixed, layer.attention_out, type), hidden,
                                     layer.attention_norm.weight, layer.attention_norm.bias, config.layer_norm_eps);
    const at::Tensor inner = kernels::multiply(hidden, layer.in, type, activation);
    hidden = kernels::add_layer_norm(kernels::multiply(inner, layer.out, type), hidden, layer.norm.weight,
                                     layer.norm.bias, config.layer_norm_eps);
    if (all) all->push_back(hidden);
  }
  return hidden;
}

void Engine::check_head(bool there, const char* name) const {
  if (!there) throw Error(ErrorKind::kInternal, str("the network has no head ", name));
}

at::Tensor Engine::masked_lm_logits(const at::Tensor& hidden_MD) const {
  const at::NoGradGuard guard;
  check_head(network_.masked_lm.bias_V.defined(), "masked_lm");
  if (!packed()) return model::masked_lm_logits(network_, hidden_MD, mode()).to(at::kFloat);
  const at::Tensor inner = kernels::multiply(hidden_MD, masked_lm_transform_, kernels::activation_type(precision_),
                                             head_activation(network_));
  const layers::Norm& norm = network_.masked_lm.norm;
  return kernels::multiply(kernels::add_layer_norm(inner, {}, norm.weight, norm.bias, network_.config.layer_norm_eps),
                           word_table_, at::kFloat);
}

at::Tensor Engine::replaced_token_logits(const at::Tensor& hidden_ND) const {
  const at::NoGradGuard guard;
  check_head(network_.replaced_token.output.defined(), "replaced_token");
  if (!packed()) return model::replaced_token_logits(network_, hidden_ND, mode());
  const at::Tensor inner = kernels::multiply(hidden_ND, replaced_token_transform_, at::kFloat,
                                             kernels::activation_of(network_.config.hidden_act));
  return kernels::multiply(inner, replaced_token_output_, at::kFloat).squeeze(1);
}

at::Tensor Engine::sequence_logits(const at::Tensor& hidden_ND, const model::PackedInput& input) const {
  const at::NoGradGuard guard;
  check_head(network_.sequence.output.defined(), "sequence");
  if (!packed()) return model::sequence_logits(network_, hidden_ND, input, mode());
  at::Tensor first_SD = layers::first_tokens(hidden_ND, input);
  if (pooler_.defined()) first_SD = at::tanh(kernels::multiply(first_SD, pooler_, at::kFloat));
  if (sequence_transform_.defined()) {
    first_SD = kernels::multiply(first_SD, sequence_transform_, at::kFloat, kernels::Activation::kGeluErf);
  }
  return kernels::multiply(first_SD, sequence_output_, at::kFloat);
}

at::Tensor Engine::token_logits(const at::Tensor& hidden_ND) const {
  const at::NoGradGuard guard;
  check_head(network_.tokens.defined(), "tokens");
  return packed() ? kernels::multiply(hidden_ND, tokens_, at::kFloat)
                  : model::token_logits(network_, hidden_ND, mode());
}

at::Tensor Engine::question_logits(const at::Tensor& hidden_ND) const {
  const at::NoGradGuard guard;
  check_head(network_.question.defined(), "question");
  return packed() ? kernels::multiply(hidden_ND, question_, at::kFloat)
                  : model::question_logits(network_, hidden_ND, mode());
}

}  // namespace lmkor::infer
