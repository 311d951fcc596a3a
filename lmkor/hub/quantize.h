// Numbers of a tensor in another type: everything to fp32, and matrices to int8 with a scale for each row.
#pragma once

#include <string>
#include <vector>

#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

// The tensor as F32 (from F32, F16, BF16 or F64); bytes that change are kept in `memory`. Throws kIncompatible for
// another dtype.
TensorView as_f32(const TensorView& view, Tensors& memory);

struct QuantizedRows {
  TensorView values;  // I8, the shape of the matrix
  TensorView scales;  // F32, [rows]
  double error = 0;   // root mean square of the difference, relative to that of the matrix
};
// Row by row to -63 ... 63: symmetric, and 7 bits, because sums of two products of 8 bits overflow 16 bits on
// processors without VNNI, silently. The names are NAME.quantized and NAME.scale. `view` is F32 with two sizes.
QuantizedRows quantize_rows(const TensorView& view, Tensors& memory);

}  // namespace lmkor::hub
