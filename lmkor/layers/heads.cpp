#include "lmkor/layers/heads.h"

#include "lmkor/kernels/layer_norm.h"
#include "lmkor/kernels/linear.h"

namespace lmkor::layers {

MaskedLmHead make_masked_lm_head(int64_t width, int64_t embedding_width, int64_t vocab) {
  return {make_linear(width, embedding_width), make_norm(embedding_width), at::empty({vocab})};
}

void visit(MaskedLmHead& head, const std::string& name, const Visit& f) {
  if (!head.bias_V.defined()) return;
  visit(head.transform, name + ".transform", f);
  visit(head.norm, name + ".norm", f);
  f(name + ".bias", head.bias_V, Role::kBias);
}

at::Tensor masked_lm_transform(const MaskedLmHead& head, const at::Tensor& hidden_MD, kernels::Activation activation,
                               double eps, const Mode& mode) {
  const at::Tensor inner_ME = kernels::activate(
      kernels::linear(hidden_MD, head.transform.weight, head.transform.bias, mode.compute), activation);
  return kernels::add_layer_norm(inner_ME, {}, head.norm.weight, head.norm.bias, eps);
}

ReplacedTokenHead make_replaced_token_head(int64_t width) { return {make_linear(width, width), make_linear(width, 1)}; }

void visit(ReplacedTokenHead& head, const std::string& name, const Visit& f) {
  visit(head.transform, name + ".transform", f);
  visit(head.output, name + ".output", f, Role::kGlorotMatrix);
}

at::Tensor replaced_token_logits(const ReplacedTokenHead& head, const at::Tensor& hidden_ND,
                                 kernels::Activation activation, const Mode& mode) {
  const at::Tensor inner_ND = kernels::activate(
      kernels::linear(hidden_ND, head.transform.weight, head.transform.bias, mode.compute), activation);
  return classify(head.output, inner_ND).squeeze(-1);
}

SequenceHead make_sequence_head(int64_t width, int64_t labels, bool hidden_layer) {
  return {hidden_layer ? make_linear(width, width) : Linear{}, make_linear(width, labels)};
}

void visit(SequenceHead& head, const std::string& name, const Visit& f) {
  visit(head.transform, name + ".transform", f);
  visit(head.output, name + ".output", f);
}

at::Tensor sequence_logits(const SequenceHead& head, const at::Tensor& first_SD, double dropout, const Mode& mode) {
  at::Tensor hidden_SD = kernels::dropout(first_SD, draw_dropout(dropout, mode));
  if (head.transform.defined()) {
    hidden_SD = kernels::linear(hidden_SD, head.transform.weight, head.transform.bias, mode.compute);
    hidden_SD = kernels::activate(hidden_SD, kernels::Activation::kGeluErf);
    hidden_SD = kernels::dropout(hidden_SD, draw_dropout(dropout, mode));
  }
  return classify(head.output, hidden_SD);
}

at::Tensor first_tokens(const at::Tensor& hidden_ND, const PackedInput& input) {
  return hidden_ND.index_select(0, input.cu_seqlens_S1.narrow(0, 0, input.sequences()).to(at::kLong));
}

at::Tensor pool(const Linear& pooler, const at::Tensor& hidden_ND, const PackedInput& input, const Mode& mode) {
  return at::tanh(kernels::linear(first_tokens(hidden_ND, input), pooler.weight, pooler.bias, mode.compute));
}

at::Tensor classify(const Linear& linear, const at::Tensor& hidden) {
  return kernels::linear(hidden, linear.weight, linear.bias, at::kFloat);
}

}  // namespace lmkor::layers
