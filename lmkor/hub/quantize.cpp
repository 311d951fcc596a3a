#include "lmkor/hub/quantize.h"

#include <cmath>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace {

constexpr float kLargest = 63;

float from_bits(uint32_t bits) {
  float out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

float half_value(uint16_t half) {
  const int exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;
  const float sign = half & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 0x1f) return from_bits(uint32_t(half & 0x8000) << 16 | 0x7f800000u | uint32_t(mantissa) << 13);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa | 0x400), exponent - 25);
}

template <class T, class Convert>
std::string converted(std::string_view bytes, Convert convert) {
  std::string out(bytes.size() / sizeof(T) * sizeof(float), '\0');
  for (size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    const float wide = convert(value);
    std::memcpy(out.data() + i * sizeof(float), &wide, sizeof wide);
  }
  return out;
}

}  // namespace

TensorView as_f32(const TensorView& view, Tensors& memory) {
  TensorView out = view;
  out.dtype = "F32";
  if (view.dtype == "F32") {
  } else if (view.dtype == "BF16") {
    out.bytes = memory.keep(converted<uint16_t>(view.bytes, [](uint16_t v) { return from_bits(uint32_t{v} << 16); }));
  } else if (view.dtype == "F16") {
    out.bytes = memory.keep(converted<uint16_t>(view.bytes, half_value));
  } else if (view.dtype == "F64") {
    out.bytes = memory.keep(converted<double>(view.bytes, [](double v) { return static_cast<float>(v); }));
  } else {
    throw base::Error(base::ErrorKind::kIncompatible, base::str("tensor \"", view.name, "\": got dtype ", view.dtype,
                                                                ", expected F32, F16, BF16 or F64"));
  }
  return out;
}

QuantizedRows quantize_rows(const TensorView& view, Tensors& memory) {
  const auto rows = static_cast<size_t>(view.shape[0]), columns = static_cast<size_t>(view.shape[1]);
  std::string values(rows * columns, '\0'), scales(rows * sizeof(float), '\0');
  double squares = 0, differences = 0;
  std::vector<float> row(columns);
  for (size_t i = 0; i < rows; ++i) {
    std::memcpy(row.data(), view.bytes.data() + i * columns * sizeof(float), columns * sizeof(float));
    float largest = 0;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    const float scale = largest > 0 ? largest / kLargest : 1;
    for (size_t j = 0; j < columns; ++j) {
      const float rounded = std::nearbyint(row[j] / scale);
      values[i * columns + j] = static_cast<char>(static_cast<int8_t>(rounded));
      squares += double{row[j]} * row[j];
      differences += std::pow(double{row[j]} - double{rounded} * scale, 2);
    }
    std::memcpy(scales.data() + i * sizeof(float), &scale, sizeof scale);
  }
  QuantizedRows out;
  out.values = {
      .name = view.name + ".quantized", .dtype = "I8", .shape = view.shape, .bytes = memory.keep(std::move(values))};
  out.scales = {
      .name = view.name + ".scale", .dtype = "F32", .shape = {view.shape[0]}, .bytes = memory.keep(std::move(scales))};
  out.error = squares > 0 ? std::sqrt(differences / squares) : 0;
  return out;
}

}  // namespace lmkor::hub
