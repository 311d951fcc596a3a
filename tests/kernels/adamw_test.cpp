#include "lmkor/kernels/adamw.h"

#include "kernels/compare.h"

namespace lmkor::kernels {
namespace {

using Update = void (*)(at::Tensor&, const at::Tensor&, at::Tensor&, at::Tensor&, const at::Tensor&, const AdamWStep&);

// Three updates of one tensor: value and moments.
Tensors train(Update update, int64_t size) {
  at::manual_seed(1);
  at::Tensor value = at::randn({size}), moment1 = at::zeros({size}), moment2 = at::zeros({size});
  for (int step = 1; step <= 3; ++step) {
    const at::Tensor gradient = at::randn({size});
    update(value, gradient, moment1, moment2, at::scalar_tensor(0.5),
           {.learning_rate = 0.01, .weight_decay = 0.1, .correction1 = 0.1 * step, .correction2 = 0.001 * step});
  }
  return {value, moment1, moment2};
}

TEST(AdamW, EqualsPlainReference) {
  for (const int64_t size : {1, 17, 100000}) {
    const Tensors got = train(adamw, size), want = train(adamw_plain, size);
    for (size_t i = 0; i < got.size(); ++i) expect_close(got[i], want[i], 1e-6, "result " + std::to_string(i));
    const int threads = at::get_num_threads();
    for (const int count : {1, 2, 3}) {
      at::set_num_threads(count);
      expect_same_bits(train(adamw, size), got, std::to_string(count) + " threads");
    }
    at::set_num_threads(threads);
  }
}

TEST(AdamW, AddsUpSquaresInOneOrder) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({300001});
  const double want = x.to(at::kDouble).square().sum().item<double>(), got = sum_of_squares(x).item<double>();
  EXPECT_NEAR(got, want, 1e-6 * want);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    EXPECT_EQ(sum_of_squares(x).item<double>(), got) << count << " threads";
  }
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace lmkor::kernels
