#include "lmkor/kernels/layer_norm.h"

namespace lmkor::kernels {

at::Tensor add_layer_norm(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                          const at::Tensor& bias_D, double eps, const Dropout& dropout) {
  return add_layer_norm_plain(x_ND, residual_ND, weight_D, bias_D, eps, dropout);
}

at::Tensor add_layer_norm_plain(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                                const at::Tensor& bias_D, double eps, const Dropout& dropout) {
  at::Tensor sum_ND = kernels::dropout(x_ND, dropout);
  if (residual_ND.defined()) sum_ND = sum_ND + residual_ND;
  return at::layer_norm(sum_ND.to(at::kFloat), weight_D.sizes(), weight_D, bias_D, eps).to(x_ND.scalar_type());
}

}  // namespace lmkor::kernels
