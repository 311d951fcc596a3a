// One update of LAMB on one tensor (You et al., 2020, "Large Batch Optimization for Deep Learning", algorithm 2, as
// google-research/albert, lamb_optimizer.py): Adam's step, brought to the length of the tensor itself.
#pragma once

#include "lmkor/kernels/adamw.h"

namespace lmkor::kernels {

// value -= learning_rate * ratio * u, with u = m / correction1 / (sqrt(v / correction2) + epsilon) + weight_decay *
// value and ratio = |value| / |u|, 1 where one of them is 0 or `adapt` is false (biases and norms). Tensors as in
// adamw(); on the CPU the same for any number of threads.
void lamb(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
          const at::Tensor& gradient_scale, const AdamWStep& step, bool adapt);

}  // namespace lmkor::kernels
