// LAMB against its formula in fp64.
#include "lmkor/kernels/lamb.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace lmkor::kernels {
namespace {

struct Tensors {
  at::Tensor value, gradient, moment1, moment2;
};

Tensors sample() {
  at::manual_seed(3);
  return {at::randn({70, 900}), at::randn({70, 900}), at::randn({70, 900}) * 0.1, at::rand({70, 900}) * 0.1};
}

at::Tensor expected(const Tensors& in, const AdamWStep& step, double scale, bool adapt) {
  const auto exact = [](const at::Tensor& x) { return x.to(at::kDouble); };
  const at::Tensor g = exact(in.gradient) * scale;
  const at::Tensor m = exact(in.moment1) * step.beta1 + g * (1 - step.beta1);
  const at::Tensor v = exact(in.moment2) * step.beta2 + g * g * (1 - step.beta2);
  const at::Tensor u =
      m / step.correction1 / ((v / step.correction2).sqrt() + step.epsilon) + exact(in.value) * step.weight_decay;
  const double own = exact(in.value).norm().item<double>(), its = u.norm().item<double>();
  const double ratio = adapt && own > 0 && its > 0 ? own / its : 1;
  return exact(in.value) - u * (step.learning_rate * ratio);
}

TEST(Lamb, IsItsFormula) {
  for (const bool adapt : {true, false}) {
    for (const double correction : {1.0, 0.3}) {
      Tensors in = sample();
      const AdamWStep step = {.learning_rate = 0.1,
                              .weight_decay = adapt ? 0.01 : 0,
                              .correction1 = correction,
                              .correction2 = correction / 2};
      const at::Tensor want = expected(in, step, 0.5, adapt);
      lamb(in.value, in.gradient, in.moment1, in.moment2, at::scalar_tensor(0.5), step, adapt);
      EXPECT_LT((in.value.to(at::kDouble) - want).abs().max().item<double>(), 1e-5);
    }
  }
}

TEST(Lamb, ATensorOfZerosMovesByTheStepItself) {
  Tensors in = sample();
  in.value.zero_();
  const AdamWStep step = {.learning_rate = 0.1, .weight_decay = 0.01};
  const at::Tensor want = expected(in, step, 1, true);
  lamb(in.value, in.gradient, in.moment1, in.moment2, at::scalar_tensor(1.0), step, true);
  EXPECT_GT(in.value.abs().max().item<double>(), 0);
  EXPECT_LT((in.value.to(at::kDouble) - want).abs().max().item<double>(), 1e-5);
}

TEST(Lamb, IsTheSameForAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  std::vector<at::Tensor> got;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    Tensors in = sample();
    lamb(in.value, in.gradient, in.moment1, in.moment2, at::scalar_tensor(1.0), {.learning_rate = 0.1}, true);
    got.push_back(in.value);
  }
  at::set_num_threads(before);
  EXPECT_TRUE(got[0].equal(got[1]));
  EXPECT_TRUE(got[0].equal(got[2]));
}

}  // namespace
}  // namespace lmkor::kernels
