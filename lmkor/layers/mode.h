// How a forward pass is to be done.
#pragma once

#include <ATen/ATen.h>

#include "lmkor/kernels/dropout.h"

namespace lmkor::layers {

struct Mode {
  bool training = false;                // dropout is on
  at::ScalarType compute = at::kFloat;  // kFloat or kBFloat16: matrices and activations; norms, softmax, loss are fp32
  bool recompute = false;               // layers keep their input only, and are computed again in the backward pass
};

inline kernels::Dropout draw_dropout(double rate, const Mode& mode) {
  return kernels::draw_dropout(rate, mode.training);
}

}  // namespace lmkor::layers
