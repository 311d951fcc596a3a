#include "lmkor/scaling/law.h"

#include <cmath>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/random.h"
#include "lmkor/scaling/runs.h"

namespace lmkor::scaling {
namespace {

// Losses by `law` on a grid of sizes and tokens, each off by a factor of about 1 +- noise.
std::vector<Point> planted(const Law& law, double noise) {
  const base::Random random(5, base::RandomUse::kGenerate);
  std::vector<Point> out;
  for (double n = 1e5; n < 2e8; n *= 3) {
    for (double d = 1e7; d < 2e10; d *= 4) {
      const double factor = 1 + noise * (2 * random.uniform(out.size()) - 1);
      out.push_back({n, d, law.loss(n, d) * factor});
    }
  }
  return out;
}

TEST(Fit, RecoversPlantedConstants) {
  for (const Law& law : {chinchilla(), Law{1.2, 50, 900, 0.25, 0.35}}) {
    const Fit fit = fit_law(planted(law, 0), {.samples = 20, .threads = 2});
    EXPECT_NEAR(fit.law.e, law.e, 0.01);
    EXPECT_NEAR(fit.law.alpha, law.alpha, 0.005);
    EXPECT_NEAR(fit.law.beta, law.beta, 0.005);
    EXPECT_NEAR(fit.law.a / law.a, 1, 0.05);
    EXPECT_NEAR(fit.law.b / law.b, 1, 0.05);
  }
}

TEST(Fit, IntervalsHoldThePlantedConstants) {
  const Law law = chinchilla();
  const Fit fit = fit_law(planted(law, 0.01), {.samples = 100, .threads = 2});
  std::vector<double> alpha, beta;
  for (const Law& one : fit.bootstrap) {
    alpha.push_back(one.alpha);
    beta.push_back(one.beta);
  }
  const Interval of_alpha = interval_of(alpha), of_beta = interval_of(beta);
  EXPECT_LT(of_alpha.low, law.alpha);
  EXPECT_GT(of_alpha.high, law.alpha);
  EXPECT_LT(of_beta.low, law.beta);
  EXPECT_GT(of_beta.high, law.beta);
  EXPECT_LT(of_alpha.high - of_alpha.low, 0.1);
}

TEST(Fit, DoesNotDependOnThreads) {
  const std::vector<Point> points = planted(chinchilla(), 0.02);
  const Fit one = fit_law(points, {.samples = 20, .threads = 1}), four = fit_law(points, {.samples = 20, .threads = 4});
  EXPECT_EQ(one.law.alpha, four.law.alpha);
  for (size_t i = 0; i < one.bootstrap.size(); ++i) EXPECT_EQ(one.bootstrap[i].beta, four.bootstrap[i].beta);
}

TEST(Fit, SaysWhatPointsLack) {
  const auto text = [](const std::vector<Point>& points) {
    return error_text(base::ErrorKind::kData, [&] { fit_law(points, {}); });
  };
  EXPECT_EQ(text({{1, 1, 1}}), "scaling fit: got 1 runs, expected at least 6 for the five constants");
  EXPECT_EQ(text(std::vector<Point>(6, {1e6, 1e6, 3})), "scaling fit: all runs have one size; expected several");
  EXPECT_EQ(text(std::vector<Point>(6, {1e6, 1e6, -3})),
            "scaling fit: got 1e+06 parameters, 1e+06 tokens, loss -3; expected all above 0");
}

TEST(Plan, OptimumSpendsTheBudgetAndNothingNearIsBetter) {
  const Law law = chinchilla();
  for (const double flop : {1e18, 5.76e23}) {
    const Optimum best = optimum(law, flop);
    EXPECT_NEAR(6 * best.parameters * best.tokens / flop, 1, 1e-9);
    for (const double factor : {0.8, 1.25})
      EXPECT_GT(law.loss(best.parameters * factor, best.tokens / factor), best.loss);
  }
}

TEST(Plan, PublishedPowersOfTheCompute) {
  const auto power = [](const auto& plan) { return std::log10(plan(1e22).parameters / plan(1e20).parameters) / 2; };
  EXPECT_NEAR(power([](double flop) { return optimum(chinchilla(), flop); }), 0.4516, 1e-4);  // beta / (alpha + beta)
  EXPECT_NEAR(power([](double flop) { return optimum(chinchilla_refit(), flop); }), 0.5126, 1e-4);
  EXPECT_NEAR(power(kaplan_optimum), 0.73, 1e-4);
  // Chinchilla's own budget: 70 G parameters and 1.4 T tokens by its first two approaches.
  const Optimum best = optimum(chinchilla_refit(), 5.76e23);
  EXPECT_NEAR(best.parameters / 7e10, 1, 0.1);
  EXPECT_NEAR(best.tokens / 1.4e12, 1, 0.1);
}

TEST(Plan, KaplanAtOnePetaflopDay) {
  const Optimum best = kaplan_optimum(8.64e19);
  EXPECT_NEAR(best.parameters, 1.3e9, 1);
  EXPECT_NEAR(best.tokens, 8.64e19 / 6 / 1.3e9, 1);
}

TEST(Plan, ShapeHasAboutTheSize) {
  for (const double size : {1e6, 8.5e7, 3e8, 6e9}) {
    const Shape shape = shape_for(size);
    EXPECT_NEAR(shape.parameters() / size, 1, 0.2) << size;
    EXPECT_EQ(shape.hidden_size % 64, 0);
  }
}

}  // namespace
}  // namespace lmkor::scaling
