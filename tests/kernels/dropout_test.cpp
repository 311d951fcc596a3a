#include "lmkor/kernels/dropout.h"

#include "kernels/compare.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

TEST(Dropout, EqualsPlainReference) {
  at::manual_seed(1);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const int64_t width : {1, 48, 100}) {
      const Tensors inputs = {at::randn({129, width})};
      compare(
          [&](const Tensors& t) {
            return dropout(t[0].to(type), {0.1, 5});
          },
          [&](const Tensors& t) {
            return dropout_plain(t[0].to(type), {0.1, 5});
          },
          inputs, tolerance(type), base::str(name_of(type), " width ", width));
    }
  }
}

TEST(Dropout, DropsItsShare) {
  const at::Tensor factors = dropout_factors({0.1, 42}, 1000, 1000);
  const at::Tensor dropped = factors.eq(0).to(at::kDouble);
  // A million draws of 0.1 have a standard deviation of 0.0003; a thousand, of a row or a column, of 0.0095.
  EXPECT_NEAR(dropped.mean().item<double>(), 0.1, 0.0015);
  for (const int64_t dim : {0, 1}) {
    EXPECT_NEAR(dropped.mean(dim).max().item<double>(), 0.1, 0.05);
    EXPECT_NEAR(dropped.mean(dim).min().item<double>(), 0.1, 0.05);
  }
  EXPECT_FLOAT_EQ(factors.max().item<float>(), 1 / 0.9f);
  // Neighbours are independent: both dropped with 0.01.
  EXPECT_NEAR((dropped.narrow(1, 0, 999) * dropped.narrow(1, 1, 999)).mean().item<double>(), 0.01, 0.0006);
  EXPECT_NEAR((dropped.narrow(0, 0, 999) * dropped.narrow(0, 1, 999)).mean().item<double>(), 0.01, 0.0006);
}

TEST(Dropout, IsAnotherForAnotherSeed) {
  EXPECT_TRUE(at::equal(dropout_factors({0.5, 1}, 8, 64), dropout_factors({0.5, 1}, 8, 64)));
  EXPECT_FALSE(at::equal(dropout_factors({0.5, 1}, 8, 64), dropout_factors({0.5, 2}, 8, 64)));
}

TEST(Dropout, IsOffWhenNotTraining) {
  EXPECT_FALSE(draw_dropout(0.1, false).on());
  EXPECT_FALSE(draw_dropout(0, true).on());
  at::manual_seed(1);
  const Dropout first = draw_dropout(0.1, true), second = draw_dropout(0.1, true);
  EXPECT_NE(first.seed, second.seed);
  at::manual_seed(1);
  EXPECT_EQ(draw_dropout(0.1, true).seed, first.seed);
  const at::Tensor x = at::randn({2, 2});
  EXPECT_TRUE(dropout(x, {}).is_same(x));
}

}  // namespace
}  // namespace lmkor::kernels
