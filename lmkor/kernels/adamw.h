// One update of AdamW on one tensor: Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter,
// 2019). One pass over memory on the CPU; elementwise, so results do not depend on the number of threads.
#pragma once

#include <ATen/ATen.h>

namespace lmkor::kernels {

struct AdamWStep {
  double learning_rate = 0;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-6;
  double weight_decay = 0;  // of this tensor: 0 for biases and norms
  // Corrections of the two moments for their start at zero: 1 - beta^step, or 1 without bias correction (BERT's code).
  double correction1 = 1, correction2 = 1;
};

// value -= learning_rate * (m / correction1 / (sqrt(v / correction2) + epsilon) + weight_decay * value), with the
// moments moved on by gradient * gradient_scale first. All fp32, of one shape, changed in place; `gradient` is only
// read. `gradient_scale` is a scalar tensor on the same device (the clipping factor).
void adamw(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
           const at::Tensor& gradient_scale, const AdamWStep& step);
void adamw_plain(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
                 const at::Tensor& gradient_scale, const AdamWStep& step);

// The sum of the squares of x, an fp64 scalar on its device; on the CPU the same for any number of threads, which
// at::linalg_vector_norm's is not.
at::Tensor sum_of_squares(const at::Tensor& x);

}  // namespace lmkor::kernels
