// GELU in its two forms. Formulas: Hendrycks and Gimpel, "Gaussian Error Linear Units"; erf is exact, tanh the
// approximation that BERT's and ALBERT's own code uses.
#pragma once

#include <string_view>
#include <vector>

#include <ATen/ATen.h>

namespace lmkor::kernels {

enum class Activation { kGeluErf, kGeluTanh };

// Config names: "gelu" (erf); "gelu_new", "gelu_pytorch_tanh", "gelu_fast" (tanh). Throws kIncompatible for another.
Activation activation_of(std::string_view hidden_act);

at::Tensor activate(const at::Tensor& x, Activation activation);
at::Tensor activate_plain(const at::Tensor& x, Activation activation);

}  // namespace lmkor::kernels
