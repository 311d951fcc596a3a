#include "lmkor/kernels/linear.h"

namespace lmkor::kernels {

at::Tensor linear(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType compute) {
  return linear_plain(x_ND, weight, bias, compute);
}

at::Tensor joined_linear(const at::Tensor& x_ND, std::vector<at::Tensor> weights, std::vector<at::Tensor> biases,
                         at::ScalarType compute) {
  return linear_plain(x_ND, at::cat(weights), at::cat(biases), compute);
}

at::Tensor linear_plain(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias,
                        at::ScalarType compute) {
  return at::linear(x_ND.to(compute), weight.to(compute), bias.defined() ? bias.to(compute) : bias);
}

}  // namespace lmkor::kernels
