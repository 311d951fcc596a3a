#include "lmkor/layers/init.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace lmkor::layers {
namespace {

at::Tensor drawn(Role role, std::vector<int64_t> shape, double sigma = 0.02, uint64_t seed = 1,
                 const std::string& name = "w") {
  at::Tensor out = at::empty(shape);
  initialise(out, role, sigma, seed, name);
  return out;
}

TEST(Initialise, MatricesAreNormalCutOffAtTwoSigma) {
  const at::Tensor values = drawn(Role::kMatrix, {1000, 1000}).to(at::kDouble);
  // Of a standard normal distribution between -2 and 2: deviation 0.87962566, kurtosis 2.3655; 1e6 draws.
  EXPECT_NEAR(values.std().item<double>(), 0.02 * 0.87962566, 2e-5);
  EXPECT_NEAR(values.mean().item<double>(), 0, 5e-5);
  EXPECT_NEAR(values.div(0.02 * 0.87962566).pow(4).mean().item<double>(), 2.3655, 0.02);
  EXPECT_LE(values.abs().max().item<double>(), 0.04);
  EXPECT_GT(values.abs().max().item<double>(), 0.0399);
}

TEST(Initialise, GlorotMatricesAreUniform) {
  const at::Tensor values = drawn(Role::kGlorotMatrix, {1, 599}).to(at::kDouble);  // bound sqrt(6 / 600) = 0.1
  EXPECT_LE(values.abs().max().item<double>(), 0.1);
  EXPECT_GT(values.abs().max().item<double>(), 0.099);
  EXPECT_NEAR(values.std().item<double>(), 0.1 / std::sqrt(3.0), 4e-3);
}

TEST(Initialise, NormsAndBiases) {
  EXPECT_TRUE(drawn(Role::kNormWeight, {5}).eq(1).all().item<bool>());
  EXPECT_TRUE(drawn(Role::kNormBias, {5}).eq(0).all().item<bool>());
  EXPECT_TRUE(drawn(Role::kBias, {5}).eq(0).all().item<bool>());
}

TEST(Initialise, IsAFunctionOfSeedAndNameWhateverTheThreads) {
  const at::Tensor values = drawn(Role::kMatrix, {300, 200});
  EXPECT_FALSE(values.equal(drawn(Role::kMatrix, {300, 200}, 0.02, 2)));
  EXPECT_FALSE(values.equal(drawn(Role::kMatrix, {300, 200}, 0.02, 1, "v")));
  const int threads = at::get_num_threads();
  at::set_num_threads(threads == 1 ? 2 : 1);
  EXPECT_TRUE(values.equal(drawn(Role::kMatrix, {300, 200})));
  at::set_num_threads(threads);
}

TEST(NormalQuantile, AgreesWithTheDistribution) {
  for (double p = 1e-9; p < 1; p = p < 1e-3 ? p * 3 : p + 1e-3) {
    const double x = normal_quantile(p);
    EXPECT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)), p, 1e-6 * p + 1e-8) << p;
  }
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963985, 1e-6);
  EXPECT_NEAR(normal_quantile(0.025), -1.959963985, 1e-6);
}

}  // namespace
}  // namespace lmkor::layers
