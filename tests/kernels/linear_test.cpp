#include "lmkor/kernels/linear.h"

#include "kernels/compare.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

using base::str;

TEST(Linear, EqualsPlainReference) {
  at::manual_seed(1);
  const int64_t sizes[][3] = {{1, 48, 100}, {17, 100, 48}, {300, 128, 512}, {0, 48, 16}, {37, 64, 1}};
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    for (const auto& [rows, in, out] : sizes) {
      for (const bool biased : {true, false}) {
        const auto bias = [&](const Tensors& t) { return biased ? t[2] : at::Tensor(); };
        const Tensors inputs = {at::randn({rows, in}), at::randn({out, in}) * 0.1, at::randn({out})};
        compare([&](const Tensors& t) { return linear(t[0].to(compute), t[1], bias(t), compute); },
                [&](const Tensors& t) { return linear_plain(t[0].to(compute), t[1], bias(t), compute); }, inputs,
                tolerance(compute), str(name_of(compute), " ", rows, "x", in, "x", out, biased ? " biased" : ""));
      }
    }
  }
}

TEST(Linear, CastsActivationsOfAnotherType) {
  at::manual_seed(2);
  const Tensors inputs = {at::randn({33, 64}), at::randn({48, 64}), at::randn({48})};
  compare([](const Tensors& t) { return linear(t[0], t[1], t[2], at::kBFloat16); },
          [](const Tensors& t) { return linear_plain(t[0], t[1], t[2], at::kBFloat16); }, inputs,
          tolerance(at::kBFloat16), "fp32 activations, bf16 product");
  compare([](const Tensors& t) { return linear(t[0].to(at::kBFloat16), t[1], t[2], at::kFloat); },
          [](const Tensors& t) { return linear_plain(t[0].to(at::kBFloat16), t[1], t[2], at::kFloat); }, inputs,
          tolerance(at::kBFloat16), "bf16 activations, fp32 product");
}

TEST(Linear, JoinsSeveralMapsOfOneInput) {
  at::manual_seed(3);
  const auto weights = [](const Tensors& t) { return Tensors(t.begin() + 1, t.begin() + 4); };
  const auto biases = [](const Tensors& t) { return Tensors(t.begin() + 4, t.end()); };
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    for (const int64_t width : {48, 128}) {
      Tensors inputs = {at::randn({129, width})};
      for (int i = 0; i < 3; ++i) inputs.push_back(at::randn({width, width}));
      for (int i = 0; i < 3; ++i) inputs.push_back(at::randn({width}));
      compare([&](const Tensors& t) { return joined_linear(t[0].to(compute), weights(t), biases(t), compute); },
              [&](const Tensors& t) {
                return linear_plain(t[0].to(compute), at::cat(weights(t)), at::cat(biases(t)), compute);
              },
              inputs, tolerance(compute), str(name_of(compute), " joined, width ", width));
    }
  }
}

TEST(Linear, LeavesOutGradientsNobodyWants) {
  const at::Tensor x = at::randn({5, 16}), weight = at::randn({8, 16}).set_requires_grad(true), bias = at::randn({8});
  const at::Tensor out = linear(x, weight, bias, at::kFloat);
  out.sum().backward();
  EXPECT_TRUE(at::allclose(weight.grad(), x.sum(0).expand({8, 16})));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(bias.grad().defined());
}

}  // namespace
}  // namespace lmkor::kernels
