// x W^T + b with fp32 parameters and a compute type: matrices are cast on the way, gradients of parameters come back in
// the parameters' own type, accumulated in fp32 by the matrix multiplication.
#pragma once

#include <span>
#include <vector>

#include <ATen/ATen.h>

namespace lmkor::kernels {

// [N, in] -> [N, out] in type `compute`. `bias` may be undefined.
at::Tensor linear(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType compute);

// The outputs of several linear maps of one input side by side, by one matrix multiplication: [N, sum of outs].
at::Tensor joined_linear(const at::Tensor& x_ND, std::vector<at::Tensor> weights, std::vector<at::Tensor> biases,
                         at::ScalarType compute);

// The plain references.
at::Tensor linear_plain(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias,
                        at::ScalarType compute);

}  // namespace lmkor::kernels
