#include "lmkor/kernels/cross_entropy.h"

#include "lmkor/kernels/linear.h"

namespace lmkor::kernels {

CrossEntropy linear_cross_entropy(const at::Tensor& hidden_MD, const at::Tensor& table_VD, const at::Tensor& bias_V,
                                  const at::Tensor& labels_M, at::ScalarType compute, const at::Tensor& uniform_M) {
  return linear_cross_entropy_plain(hidden_MD, table_VD, bias_V, labels_M, compute, uniform_M);
}

CrossEntropy linear_cross_entropy_plain(const at::Tensor& hidden_MD, const at::Tensor& table_VD,
                                        const at::Tensor& bias_V, const at::Tensor& labels_M, at::ScalarType compute,
                                        const at::Tensor& uniform_M) {
  const at::Tensor logits_MV = linear_plain(hidden_MD, table_VD, bias_V, compute).to(at::kFloat);
  CrossEntropy out;
  out.loss = at::cross_entropy_loss(logits_MV, labels_M);
  out.correct_M = logits_MV.detach().argmax(1).eq(labels_M);
  if (uniform_M.defined()) out.samples_M = sample_categorical_plain(logits_MV.detach(), uniform_M);
  return out;
}

at::Tensor sample_categorical(const at::Tensor& logits_MV, const at::Tensor& uniform_M) {
  return sample_categorical_plain(logits_MV, uniform_M);
}

at::Tensor sample_categorical_plain(const at::Tensor& logits_MV, const at::Tensor& uniform_M) {
  const at::Tensor sums_MV = at::softmax(logits_MV.detach().to(at::kDouble), 1).cumsum(1);
  const at::Tensor draws_M = sums_MV.le(uniform_M.to(at::kDouble).unsqueeze(1)).sum(1);
  return draws_M.clamp_max(logits_MV.size(1) - 1);
}

}  // namespace lmkor::kernels
