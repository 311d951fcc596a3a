#include "lmkor/task/loss.h"

namespace lmkor::task {

at::Tensor task_loss(Kind kind, const at::Tensor& logits, const at::Tensor& targets,
                     const std::vector<double>& class_weights) {
  if (kind == Kind::kScore) return at::mse_loss(logits.squeeze(1), targets);
  if (kind == Kind::kMultiLabel) return at::binary_cross_entropy_with_logits(logits, targets);
  at::Tensor weights;
  if (!class_weights.empty()) weights = at::tensor(class_weights).to(logits.options());
  return at::cross_entropy_loss(logits, targets, weights);
}

at::Tensor disagreement(Kind kind, const at::Tensor& once, const at::Tensor& again) {
  if (kind == Kind::kScore) return at::mse_loss(once, again);
  // Both directions together: sum (p - q)(log p - log q).
  if (kind == Kind::kMultiLabel) {
    // The difference of log p and of log (1 - p) is the difference of logits.
    return ((at::sigmoid(once) - at::sigmoid(again)) * (once - again)).sum(1).mean() / 2;
  }
  const at::Tensor p = at::log_softmax(once, 1), q = at::log_softmax(again, 1);
  return ((p.exp() - q.exp()) * (p - q)).sum(1).mean() / 2;
}

std::vector<double> balanced_weights(const std::vector<Example>& examples, size_t labels) {
  std::vector<double> out(labels);
  for (const Example& example : examples) out[static_cast<size_t>(example.label)] += 1;
  for (double& weight : out) {
    if (weight > 0) weight = static_cast<double>(examples.size()) / (static_cast<double>(labels) * weight);
  }
  return out;
}

}  // namespace lmkor::task
