// LayerNorm over the sum of a block's output and its residual: LN(residual + dropout(x)). Statistics in fp32 whatever
// the type of the activations; gradients of weight and bias in fp32.
#pragma once

#include <ATen/ATen.h>

#include "lmkor/kernels/dropout.h"

namespace lmkor::kernels {

// x_ND and residual_ND are of one type, which is also that of the result. `residual_ND` may be undefined.
at::Tensor add_layer_norm(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                          const at::Tensor& bias_D, double eps, const Dropout& dropout = {});
at::Tensor add_layer_norm_plain(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                                const at::Tensor& bias_D, double eps, const Dropout& dropout = {});

}  // namespace lmkor::kernels
