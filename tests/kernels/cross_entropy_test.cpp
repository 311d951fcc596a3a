#include "lmkor/kernels/cross_entropy.h"

#include "kernels/compare.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

using base::str;

TEST(CrossEntropy, EqualsPlainReference) {
  at::manual_seed(1);
  // 1100 rows take more than one chunk, 700 columns more than one block of sums.
  const int64_t sizes[][3] = {{1, 48, 100}, {17, 100, 1001}, {129, 64, 4096}, {1100, 32, 700}, {0, 48, 100}};
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    for (const auto& [rows, width, vocab] : sizes) {
      for (const bool biased : {true, false}) {
        const auto bias = [&](const Tensors& t) { return biased ? t[2] : at::Tensor(); };
        const Tensors inputs = {at::randn({rows, width}), at::randn({vocab, width}) * 0.2, at::randn({vocab}),
                                at::randint(vocab, {rows}, at::kLong)};
        compare(
            [&](const Tensors& t) { return linear_cross_entropy(t[0].to(compute), t[1], bias(t), t[3], compute).loss; },
            [&](const Tensors& t) {
              return linear_cross_entropy_plain(t[0].to(compute), t[1], bias(t), t[3], compute).loss;
            },
            inputs, tolerance(compute),
            str(name_of(compute), " ", rows, "x", width, "x", vocab, biased ? " biased" : ""));
      }
    }
  }
}

TEST(CrossEntropy, CountsAnswersAsArgmaxDoes) {
  at::manual_seed(2);
  const at::Tensor hidden = at::randint(-2, 3, {200, 4}).to(at::kFloat),
                   table = at::randint(-2, 3, {50, 4}).to(at::kFloat);
  const at::Tensor logits = at::linear(hidden, table);  // small integers: exact, with many ties
  const at::Tensor best = logits.argmax(1);
  at::Tensor labels = best.clone();
  labels.narrow(0, 0, 100) = at::randint(50, {100}, at::kLong);
  const CrossEntropy out = linear_cross_entropy(hidden, table, {}, labels, at::kFloat);
  EXPECT_TRUE(at::equal(out.correct_M, best.eq(labels)));
  // Another of the largest: only the first is right.
  const at::Tensor last = 49 - logits.flip(1).argmax(1);
  EXPECT_TRUE(at::equal(linear_cross_entropy(hidden, table, {}, last, at::kFloat).correct_M, best.eq(last)));
}

TEST(CrossEntropy, DrawsFromTheSoftmax) {
  at::manual_seed(3);
  const at::Tensor hidden = at::randn({500, 32}), table = at::randn({1003, 32}) * 0.3, bias = at::randn({1003});
  const at::Tensor labels = at::zeros({500}, at::kLong);
  at::Tensor uniforms = at::rand({500});
  uniforms[0] = 0;
  uniforms[1] = 0.99999994f;
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    const at::Tensor draws = linear_cross_entropy(hidden, table, bias, labels, compute, uniforms).samples_M;
    const at::Tensor logits = at::linear(hidden.to(compute), table.to(compute)).to(at::kDouble) + bias;
    const at::Tensor sums = at::softmax(logits, 1).cumsum(1);
    const at::Tensor upper = sums.gather(1, draws.unsqueeze(1)).squeeze(1);
    const at::Tensor lower = upper - at::softmax(logits, 1).gather(1, draws.unsqueeze(1)).squeeze(1);
    // The uniform lies in the piece of the draw, but for what the sums are rounded by.
    EXPECT_GE((upper - uniforms).min().item<double>(), -1e-5);
    EXPECT_GE((uniforms - lower).min().item<double>(), -1e-5);
    EXPECT_EQ(draws[0].item<int64_t>(), 0);
  }
}

TEST(CrossEntropy, ScalesItsGradients) {
  at::manual_seed(4);
  const Tensors inputs = {at::randn({9, 16}), at::randn({70, 16}), at::randn({70})};
  const at::Tensor labels = at::randint(70, {9}, at::kLong);
  compare([&](const Tensors& t) { return linear_cross_entropy(t[0], t[1], t[2], labels, at::kFloat).loss * 50; },
          [&](const Tensors& t) { return linear_cross_entropy_plain(t[0], t[1], t[2], labels, at::kFloat).loss * 50; },
          inputs, tolerance(at::kFloat), "scaled");
}

TEST(CrossEntropy, ShowsNotANumber) {
  at::Tensor table = at::randn({64, 16});
  table[40][2] = std::numeric_limits<float>::quiet_NaN();
  const CrossEntropy out = linear_cross_entropy(at::randn({3, 16}), table, {}, at::zeros({3}, at::kLong), at::kFloat);
  EXPECT_TRUE(out.loss.isnan().item<bool>());
}

TEST(CrossEntropy, RefusesALabelBeyondTheTable) {
  for (const int64_t label : {-100, 64}) {
    try {
      linear_cross_entropy(at::randn({1, 16}), at::randn({64, 16}), {}, at::full({1}, label, at::kLong), at::kFloat);
      FAIL();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.message(), str("label 0 of a batch: got ", label, ", expected 0 to 63"));
    }
  }
}

TEST(CrossEntropy, GivesItsGradientsOnce) {
  const at::Tensor hidden = at::randn({2, 8}).set_requires_grad(true);
  const at::Tensor loss =
      linear_cross_entropy(hidden, at::randn({9, 8}), {}, at::zeros({2}, at::kLong), at::kFloat).loss;
  loss.backward({}, /*retain_graph=*/true);
  try {
    loss.backward();
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "linear_cross_entropy: its gradients can be taken once only");
  }
}

}  // namespace
}  // namespace lmkor::kernels
