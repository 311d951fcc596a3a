// The bodies for each processor against those that any processor runs.
#include "lmkor/kernels/cpu/loops.h"

#include <functional>

#include "kernels/compare.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {
namespace {

using base::str;

template <class T>
constexpr at::ScalarType kType = sizeof(T) == 4 ? at::kFloat : at::kBFloat16;

// Sums are added up in one order by all, but fused multiply-adds round once where others round twice; results in bf16
// may then fall to the other side of a rounding, 2^-8 of themselves apart; those of attention pass two such roundings.
template <class T>
double body_tolerance() {
  return sizeof(T) == 4 ? 2e-6 : 1.6e-2;
}

// f(loops) makes the results of one body.
template <class T>
void expect_bodies_agree(const std::string& what, const std::function<Tensors(const cpu::TypedLoops<T>&)>& f) {
  const Tensors want = f(cpu::generic::kLoops.of<T>());
  for (const cpu::Loops* loops : cpu::runnable_loops()) {
    const Tensors got = f(loops->of<T>());
    for (size_t i = 0; i < want.size(); ++i) {
      expect_close(got[i], want[i], body_tolerance<T>(),
                   str(loops->name, " ", name_of(kType<T>), " ", what, ", result ", i));
    }
  }
}

template <class T>
void check_rows(int64_t width) {
  const int64_t rows = 7;
  const at::Tensor x = at::randn({rows, width}).to(kType<T>), residual = at::randn({rows, width}).to(kType<T>);
  const at::Tensor gradient = at::randn({rows, width}).to(kType<T>), weight = at::randn({width}),
                   bias = at::randn({width});
  const cpu::DropRule drop = cpu::drop_rule(0.25, 77);
  const auto size = [&](const char* what) { return str(what, ", width ", width); };
  expect_bodies_agree<T>(size("dropout"), [&](const auto& loops) {
    const at::Tensor out = at::empty_like(x);
    for (int64_t r = 0; r < rows; ++r)
      loops.drop_row(memory<T>(x) + r * width, memory<T>(out) + r * width, width, drop, r);
    return Tensors{out};
  });
  expect_bodies_agree<T>(size("LayerNorm"), [&](const auto& loops) {
    const at::Tensor stats = at::empty({2, rows}), out = at::empty_like(x);
    const at::Tensor d_x = at::empty_like(x), d_residual = at::empty_like(x), d_params = at::zeros({2, width});
    const cpu::NormRows<T> block = {rows,
                                    width,
                                    3,
                                    memory<T>(x),
                                    memory<T>(residual),
                                    memory<float>(weight),
                                    1e-12f,
                                    drop,
                                    memory<float>(stats),
                                    memory<float>(stats) + rows};
    loops.norm_forward(block, memory<float>(bias), memory<T>(out));
    loops.norm_backward(block, memory<T>(gradient), memory<T>(d_x), memory<T>(d_residual), memory<float>(d_params),
                        memory<float>(d_params) + width);
    return Tensors{out, stats, d_x, d_residual, d_params};
  });
  for (const bool tanh : {false, true}) {
    expect_bodies_agree<T>(size(tanh ? "GELU tanh" : "GELU erf"), [&](const auto& loops) {
      const at::Tensor out = at::empty_like(x), d_x = at::empty_like(x);
      loops.gelu_forward(memory<T>(x), memory<T>(out), x.numel(), tanh);
      loops.gelu_backward(memory<T>(x), memory<T>(gradient), memory<T>(d_x), x.numel(), tanh);
      return Tensors{out, d_x};
    });
  }
  expect_bodies_agree<T>(size("sums"), [&](const auto& loops) {
    const at::Tensor sums = at::ones({width}), row = at::empty({width}, kType<T>);
    loops.add_columns(memory<T>(x), rows, width, width, memory<float>(sums));
    loops.sum_rows(memory<float>(weight), memory<float>(bias), memory<float>(sums), memory<T>(row), width);
    return Tensors{sums, row};
  });
  expect_bodies_agree<T>(size("softmax"), [&](const auto& loops) {
    const at::Tensor logits = x * 3, labels = at::arange(rows, at::kLong).fmod(width),
                     uniforms = at::full({rows}, 0.5f);
    const at::Tensor loss = at::empty({rows}, at::kDouble), correct = at::empty({rows}, at::kBool);
    const at::Tensor samples = at::empty({rows}, at::kLong);
    loops.softmax_rows({rows, width, memory<T>(logits), memory<float>(bias), memory<int64_t>(labels),
                        memory<float>(uniforms), 0.25f, memory<double>(loss), memory<bool>(correct),
                        memory<int64_t>(samples)});
    return Tensors{logits, loss, correct, samples};
  });
}

template <class T>
void check_attention(int64_t length, int64_t width) {
  const at::Tensor qkv = at::randn({length, 3 * width}).to(kType<T>), d_out = at::randn({length, width}).to(kType<T>);
  for (const double rate : {0.0, 0.2}) {
    expect_bodies_agree<T>(str("attention, length ", length, ", width ", width), [&](const auto& loops) {
      const at::Tensor out = at::empty_like(d_out), d_qkv = at::empty_like(qkv);
      const at::Tensor scratch = at::empty({loops.attention_scratch(length, width)}, at::kByte);
      T *query = memory<T>(qkv), *d_query = memory<T>(d_qkv);
      const cpu::AttentionHead<T> head = {length, width,         3 * width,         width,  11,
                                          query,  query + width, query + 2 * width, 0.125f, cpu::drop_rule(rate, 5)};
      loops.attention_forward(head, memory<T>(out), scratch.data_ptr());
      loops.attention_backward(head, memory<T>(d_out), d_query, d_query + width, d_query + 2 * width,
                               scratch.data_ptr());
      return Tensors{out, d_qkv};
    });
  }
}

template <class T>
void check_all() {
  at::manual_seed(1);
  for (const int64_t width : {1, 16, 48, 100, 1033}) check_rows<T>(width);
  for (const int64_t length : {1, 17, 129}) {
    for (const int64_t width : {2, 32, 50, 64}) check_attention<T>(length, width);
  }
}

TEST(Loops, AgreeOnEveryProcessorInFp32) { check_all<float>(); }
TEST(Loops, AgreeOnEveryProcessorInBf16) { check_all<uint16_t>(); }

}  // namespace
}  // namespace lmkor::kernels
