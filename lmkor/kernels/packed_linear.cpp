#include "lmkor/kernels/packed_linear.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

constexpr int64_t kPanel = cpu::kPanelColumns;

struct PrecisionRow {
  const char* name;
  int64_t per_element;  // numbers in 32 bits
  at::ScalarType activations;
};
// In the order of Precision and of cpu::PanelFormat.
constexpr PrecisionRow kPrecisions[] = {
    {"fp32", 1, at::kFloat}, {"bf16", 2, at::kBFloat16}, {"int8", 4, at::kBFloat16}};

const PrecisionRow& row_of(Precision precision) { return kPrecisions[static_cast<size_t>(precision)]; }

int64_t steps(int64_t size, int64_t step) { return (size + step - 1) / step; }

uint16_t to_bf16(float value) { return c10::BFloat16(value).x; }

// One output's weights as bytes of -127 ... 127; returns their scale.
float quantize(const float* weights, int64_t count, int8_t* out) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(weights[i]));
  const float scale = largest > 0 ? largest / 127 : 1, inverse = 1 / scale;
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int8_t>(std::nearbyint(weights[i] * inverse));
  return scale;
}

// One output's weights in the precision's own numbers, zeros behind.
void convert_row(const float* weights, PackedLinear& linear, int64_t column, std::vector<uint32_t>& out) {
  std::fill(out.begin(), out.end(), 0);
  if (linear.precision == Precision::kFp32) {
    std::memcpy(out.data(), weights, static_cast<size_t>(linear.in) * sizeof(float));
  } else if (linear.precision == Precision::kBf16) {
    auto* numbers = reinterpret_cast<uint16_t*>(out.data());
    for (int64_t i = 0; i < linear.in; ++i) numbers[i] = to_bf16(weights[i]);
  } else {
    auto* numbers = reinterpret_cast<int8_t*>(out.data());
    const float scale = quantize(weights, linear.in, numbers);
    int64_t sum = 0;
    for (int64_t i = 0; i < linear.in; ++i) sum += numbers[i];
    memory<float>(linear.column_scales)[column] = scale;
    memory<float>(linear.column_sums)[column] = scale * static_cast<float>(sum);
  }
}

cpu::PanelActivation panel_activation(const Activation* activation) {
  if (!activation) return cpu::PanelActivation::kNone;
  return *activation == Activation::kGeluErf ? cpu::PanelActivation::kGeluErf : cpu::PanelActivation::kGeluTanh;
}

// The rows as elements of 32 bits.
struct Elements {
  at::Tensor numbers;  // keeps them
  at::Tensor scales;   // RowScale of each row, kInt8
  int64_t step;
};

Elements elements_of(const at::Tensor& x_ND, Precision precision) {
  const int64_t rows = x_ND.size(0), columns = x_ND.size(1), per = row_of(precision).per_element;
  const int64_t step = steps(columns, per);
  if (precision == Precision::kInt8) {
    const Elements out{at::empty({rows, step * per}, at::kByte), at::empty({rows, 2}), step};
    by_type(x_ND, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(rows, 16, [&](int64_t begin, int64_t end) {
        loops_of<T>().quantize_rows(memory<T>(x_ND) + begin * columns, end - begin, columns,
                                    memory<uint8_t>(out.numbers) + begin * step * per, step * per,
                                    reinterpret_cast<cpu::RowScale*>(memory<float>(out.scales)) + begin);
      });
    });
    return out;
  }
  if (columns == step * per) return {x_ND, {}, step};
  return {at::constant_pad_nd(x_ND, {0, step * per - columns}), {}, step};
}

at::Tensor multiply_with(const at::Tensor& any, const PackedLinear& linear, at::ScalarType type,
                         const Activation* activation) {
  constexpr int64_t kBlockBytes = 1 << 18, kLeastRows = 24, kMostRows = 192, kPanelsOfTask = 4;
  const at::Tensor x_ND = any.to(row_of(linear.precision).activations).contiguous();
  const Elements a = elements_of(x_ND, linear.precision);
  const int64_t rows = x_ND.size(0), panels = steps(linear.out, kPanel);
  const at::Tensor out = at::empty({rows, linear.out}, type);
  // Rows of a task stay in the cache while its panels pass by; 6 of them are multiplied at once. Tasks of the same
  // panels follow one another, so that weights are read from memory once.
  const int64_t most = std::clamp(kBlockBytes / (a.step * 4), kLeastRows, kMostRows);
  const int64_t blocks = steps(rows, most), block = steps(steps(rows, std::max<int64_t>(blocks, 1)), 6) * 6;
  by_type(out, [&](auto zero) {
    using T = decltype(zero);
    parallel_tasks(blocks * steps(panels, kPanelsOfTask), [&](int64_t task, int) {
      const int64_t begin = task % blocks * block, first = task / blocks * kPanelsOfTask;
      if (begin >= rows) return;
      const cpu::PanelJob<T> job = {
          .rows = std::min(block, rows - begin),
          .columns = linear.out,
          .inner = a.step,
          .a = static_cast<const uint32_t*>(a.numbers.data_ptr()) + begin * a.step,
          .a_step = a.step,
          .panels = memory<const uint32_t>(linear.panels),
          .bias = memory<const float>(linear.bias),
          .row_scales = reinterpret_cast<const cpu::RowScale*>(memory<const float>(a.scales)) + begin,
          .column_scales = memory<const float>(linear.column_scales),
          .column_sums = memory<const float>(linear.column_sums),
          .activation = panel_activation(activation),
          .out = memory<T>(out) + begin * linear.out,
          .out_step = linear.out};
      loops_of<T>().multiply_panels[static_cast<size_t>(linear.precision)](job, first,
                                                                           std::min(first + kPanelsOfTask, panels));
    });
  });
  return out;
}

}  // namespace

const std::vector<std::string>& precision_names() {
  static const std::vector<std::string> names = {"fp32", "bf16", "int8"};
  return names;
}

Precision precision_of(std::string_view name) {
  for (size_t i = 0; i < std::size(kPrecisions); ++i) {
    if (name == kPrecisions[i].name) return static_cast<Precision>(i);
  }
  throw base::Error(base::ErrorKind::kConfig,
                    base::str("precision: got \"", name, "\", expected one of ", base::join(precision_names(), ", ")));
}

at::ScalarType activation_type(Precision precision) { return row_of(precision).activations; }

PackedLinear pack_linear(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& biases,
                         Precision precision) {
  PackedLinear out;
  out.precision = precision;
  out.in = weights[0].size(1);
  std::vector<const float*> rows;
  std::vector<at::Tensor> keep;
  for (const at::Tensor& weight : weights) {
    keep.push_back(weight.detach().to(at::kFloat).contiguous());
    for (int64_t r = 0; r < weight.size(0); ++r) rows.push_back(memory<const float>(keep.back()) + r * out.in);
  }
  out.out = static_cast<int64_t>(rows.size());
  const int64_t panels = steps(out.out, kPanel), inner = steps(out.in, row_of(precision).per_element);
  out.panels = at::empty({panels * inner * kPanel * 4}, at::kByte);
  out.bias = at::zeros({panels * kPanel});
  int64_t column = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const int64_t count = weights[i].size(0);
    if (biases[i].defined()) out.bias.narrow(0, column, count).copy_(biases[i].detach());
    column += count;
  }
  if (precision == Precision::kInt8) {
    out.column_scales = at::zeros({panels * kPanel});
    out.column_sums = at::zeros({panels * kPanel});
  }
  auto* elements = memory<uint32_t>(out.panels);
  parallel_ranges(panels, 1, [&](int64_t panel, int64_t) {
    std::vector<uint32_t> row(static_cast<size_t>(inner));
    uint32_t* to = elements + panel * inner * kPanel;
    for (int64_t c = 0; c < kPanel; ++c) {
      if (panel * kPanel + c >= out.out) {
        std::fill(row.begin(), row.end(), 0);
      } else {
        convert_row(rows[static_cast<size_t>(panel * kPanel + c)], out, panel * kPanel + c, row);
      }
      for (int64_t i = 0; i < inner; ++i) to[i * kPanel + c] = row[static_cast<size_t>(i)];
    }
  });
  return out;
}

at::Tensor multiply(const at::Tensor& x_ND, const PackedLinear& linear, at::ScalarType out) {
  return multiply_with(x_ND, linear, out, nullptr);
}

at::Tensor multiply(const at::Tensor& x_ND, const PackedLinear& linear, at::ScalarType out, Activation activation) {
  return multiply_with(x_ND, linear, out, &activation);
}

}  // namespace lmkor::kernels
