// x W^T + b for inference: the weights are packed once, in the precision of the products, and bias and activation are
// applied on the way out of them. A row's result does not depend on the rows beside it nor on the number of threads.
// CPU only; no gradient.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/kernels/activation.h"

namespace lmkor::kernels {

// fp32; bf16 with sums in fp32; int8: weights of a row (an output) share a scale, inputs of a row a scale and an offset
// found as they come, sums are exact, the rest is bf16.
enum class Precision { kFp32, kBf16, kInt8 };
// "fp32", "bf16", "int8"
const std::vector<std::string>& precision_names();
// Throws kConfig.
Precision precision_of(std::string_view name);
// Type of the activations.
at::ScalarType activation_type(Precision precision);

struct PackedLinear {
  Precision precision = Precision::kFp32;
  int64_t in = 0, out = 0;
  at::Tensor panels;                            // bytes, see cpu/panels.inc
  at::Tensor bias, column_scales, column_sums;  // fp32, as long as all panels; the last two with kInt8
  bool defined() const { return panels.defined(); }
};

// The outputs of several fp32 maps of one input side by side. A bias may be undefined: 0.
PackedLinear pack_linear(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& biases,
                         Precision precision);

// activation(x W^T + b) in type `out`, kFloat or kBFloat16. x_ND is of activation_type(precision) or converted to it.
at::Tensor multiply(const at::Tensor& x_ND, const PackedLinear& linear, at::ScalarType out);
at::Tensor multiply(const at::Tensor& x_ND, const PackedLinear& linear, at::ScalarType out, Activation activation);

}  // namespace lmkor::kernels
