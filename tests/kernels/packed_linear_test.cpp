// Packed products against plain ones, for every precision and every processor's loops.
#include "lmkor/kernels/packed_linear.h"

#include "kernels/compare.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/linear.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {
namespace {

using base::str;

constexpr Precision kPrecisions[] = {Precision::kFp32, Precision::kBf16, Precision::kInt8};

// Products of bytes: each factor is off by half a step of some 255 of its row's range, at random.
double packed_tolerance(Precision precision) {
  return precision == Precision::kFp32 ? 2e-5 : precision == Precision::kBf16 ? 1e-2 : 3e-2;
}

TEST(PackedLinear, EqualsPlainReference) {
  at::manual_seed(1);
  const int64_t sizes[][3] = {{1, 48, 100}, {17, 100, 48}, {300, 128, 512}, {0, 48, 16}, {37, 39, 1}, {7, 1, 65}};
  for (const Precision precision : kPrecisions) {
    for (const auto& [rows, in, out] : sizes) {
      for (const auto type : {at::kFloat, at::kBFloat16}) {
        const at::Tensor x = at::randn({rows, in}), weight = at::randn({out, in}) * 0.1, bias = at::randn({out});
        const PackedLinear packed = pack_linear({weight}, {bias}, precision);
        expect_close(multiply(x, packed, type), linear_plain(x, weight, bias, at::kFloat).to(type),
                     std::max(packed_tolerance(precision), type == at::kFloat ? 0 : 1e-2),
                     str(precision_names()[static_cast<size_t>(precision)], " ", rows, "x", in, "x", out));
      }
    }
  }
}

TEST(PackedLinear, BytesAreExactProducts) {
  at::manual_seed(2);
  // Whole numbers whose rows reach from 0 to 255 and from -127 to 127 are their own bytes.
  at::Tensor x = at::randint(0, 256, {9, 48}).to(at::kFloat), weight = at::randint(-127, 128, {70, 48}).to(at::kFloat);
  x.select(1, 0).fill_(0);
  x.select(1, 1).fill_(255);
  weight.select(1, 2).fill_(127);
  const PackedLinear packed = pack_linear({weight}, {at::Tensor()}, Precision::kInt8);
  const at::Tensor got = multiply(x, packed, at::kFloat), want = at::mm(x, weight.t());
  EXPECT_TRUE(at::equal(got, want)) << (got - want).abs().max();
}

TEST(PackedLinear, JoinsMapsAndAppliesActivations) {
  at::manual_seed(3);
  const at::Tensor x = at::randn({33, 64});
  const Tensors weights = {at::randn({48, 64}) * 0.1, at::randn({16, 64}) * 0.1, at::randn({80, 64}) * 0.1};
  const Tensors biases = {at::randn({48}), at::Tensor(), at::randn({80})};
  const at::Tensor bias = at::cat({biases[0], at::zeros({16}), biases[2]});
  for (const Precision precision : kPrecisions) {
    const PackedLinear packed = pack_linear(weights, biases, precision);
    for (const Activation activation : {Activation::kGeluErf, Activation::kGeluTanh}) {
      expect_close(multiply(x, packed, at::kFloat, activation),
                   activate_plain(linear_plain(x, at::cat(weights), bias, at::kFloat), activation),
                   packed_tolerance(precision), precision_names()[static_cast<size_t>(precision)]);
    }
  }
}

// What rows stand beside it and how many threads there are changes no bit of a row's result.
TEST(PackedLinear, ARowIsAlwaysTheSame) {
  at::manual_seed(4);
  const at::Tensor x = at::randn({413, 96}), weight = at::randn({300, 96}), bias = at::randn({300});
  const int threads = at::get_num_threads();
  for (const Precision precision : kPrecisions) {
    const PackedLinear packed = pack_linear({weight}, {bias}, precision);
    const at::Tensor all = multiply(x, packed, at::kFloat, Activation::kGeluErf);
    for (const int64_t row : {0, 1, 5, 200, 412}) {
      EXPECT_TRUE(at::equal(multiply(x.narrow(0, row, 1), packed, at::kFloat, Activation::kGeluErf)[0], all[row]));
    }
    for (const int count : {1, 3}) {
      at::set_num_threads(count);
      EXPECT_TRUE(at::equal(multiply(x, packed, at::kFloat, Activation::kGeluErf), all));
    }
    at::set_num_threads(threads);
  }
}

TEST(PackedLinear, EveryProcessorsLoopsAgree) {
  at::manual_seed(5);
  const int64_t rows = 11, columns = 100, inner = 24, panels = 2;
  const at::Tensor bias = at::randn({128}), scales = at::rand({rows, 2}), column_scales = at::rand({128}),
                   column_sums = at::randn({128});
  for (const auto format : {cpu::PanelFormat::kFloat, cpu::PanelFormat::kBf16, cpu::PanelFormat::kInt8}) {
    const auto numbers = [&](int64_t count) {  // elements of 32 bits
      if (format == cpu::PanelFormat::kFloat) return at::randn({count}).view(at::kByte);
      if (format == cpu::PanelFormat::kBf16) return at::randn({2 * count}).to(at::kBFloat16).view(at::kByte);
      return at::randint(0, 256, {4 * count}).to(at::kByte);
    };
    const at::Tensor a = numbers(rows * inner), b = numbers(panels * inner * cpu::kPanelColumns);
    at::Tensor want;
    for (size_t i = cpu::runnable_loops().size(); i-- > 0;) {  // the one for any processor is the last
      const cpu::Loops& loops = *cpu::runnable_loops()[i];
      const at::Tensor out = at::empty({rows, columns});
      const cpu::PanelJob<float> job = {.rows = rows,
                                        .columns = columns,
                                        .inner = inner,
                                        .a = a.data_ptr(),
                                        .a_step = inner,
                                        .panels = static_cast<const uint32_t*>(b.data_ptr()),
                                        .bias = memory<float>(bias),
                                        .row_scales = static_cast<const cpu::RowScale*>(scales.data_ptr()),
                                        .column_scales = memory<float>(column_scales),
                                        .column_sums = memory<float>(column_sums),
                                        .activation = cpu::PanelActivation::kGeluTanh,
                                        .out = memory<float>(out),
                                        .out_step = columns};
      loops.f32.multiply_panels[static_cast<size_t>(format)](job, 0, panels);
      if (!want.defined()) want = out;
      expect_close(out, want, 1e-5, str(loops.name, ", format ", static_cast<int>(format)));
    }
  }
}

TEST(PackedLinear, RowsAsBytes) {
  at::manual_seed(6);
  for (const int64_t width : {1, 16, 39, 100}) {
    const at::Tensor x = at::randn({5, width});
    x[3].fill_(1.5);  // no range at all
    const int64_t step = width + 3;
    for (const cpu::Loops* loops : cpu::runnable_loops()) {
      const at::Tensor bytes = at::full({5, step}, 7, at::kByte), scales = at::empty({5, 2});
      loops->f32.quantize_rows(memory<float>(x), 5, width, memory<uint8_t>(bytes), step,
                               static_cast<cpu::RowScale*>(scales.data_ptr()));
      const at::Tensor back =
          bytes.narrow(1, 0, width).to(at::kFloat) * scales.narrow(1, 0, 1) + scales.narrow(1, 1, 1);
      const at::Tensor bound = scales.narrow(1, 0, 1) * 0.501 + 1e-6;
      EXPECT_TRUE(((back - x).abs() <= bound).all().item<bool>()) << loops->name << " " << width;
      EXPECT_EQ(bytes.narrow(1, width, 3).sum().item<int64_t>(), 0);
    }
  }
}

TEST(PackedLinear, NamesOfPrecisions) {
  EXPECT_EQ(precision_of("bf16"), Precision::kBf16);
  EXPECT_THROW(precision_of("fp16"), base::Error);
}

}  // namespace
}  // namespace lmkor::kernels
