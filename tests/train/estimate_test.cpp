// Parameters and arithmetic against figures that others have counted.
#include "lmkor/train/estimate.h"

#include <gtest/gtest.h>

#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::Json;

model::Config base_model(const char* family) {
  model::Config config;
  config.family = family;
  config.vocab_size = 42000;
  return config;
}

// kiyoungkim1/LMkor's models as Hugging Face's classes count them (heads included).
TEST(Estimate, CountsTheParametersOfTheReferenceModels) {
  EXPECT_NEAR(static_cast<double>(parameter_count(base_model("bert"), {}, false)), 117.71e6 + 0.63e6, 0.02e6);
  EXPECT_NEAR(static_cast<double>(parameter_count(base_model("albert"), {}, true)), 13.36e6, 0.02e6);
  const model::GeneratorShape third{.size = 0.33333};
  EXPECT_NEAR(static_cast<double>(parameter_count(base_model("electra"), third, false)),
              117.71e6 + 0.59e6 + 9.67e6 + 0.24e6, 0.03e6);
}

// 249 G tokens at length 512 and 236 G at 256, with a head on 15 %.
TEST(Estimate, CountsTheArithmeticOfTheReferenceModels) {
  EXPECT_NEAR(flops_per_token(base_model("bert"), {}, 512, 0.15) * 249e9, 1.48e20, 0.02e20);
  EXPECT_NEAR(flops_per_token(base_model("albert"), {}, 256, 0.15) * 236e9, 1.28e20, 0.02e20);
  EXPECT_NEAR(flops_per_token(base_model("electra"), {.size = 0.33333}, 512, 0.15) * 249e9, 1.68e20, 0.03e20);
}

TEST(Estimate, IsOfTheRunThatFollows) {
  const fs::path shards = make_shards("estimate");
  PretrainJob job = small_job("electra", shards, data::fresh_folder("estimate-run"));
  job.train.steps = 20;
  job.train.batch_ramp_steps = 10;
  job.train.log_every_steps = 20;
  const Json found = estimate(job, 0.05);
  EXPECT_TRUE(fs::is_empty(job.output));
  const Json result = pretrain(job);
  EXPECT_NEAR(found["tokens"].get<double>(), result["tokens"].get<double>(), 0.1 * result["tokens"].get<double>());
  EXPECT_NEAR(found["epochs"].get<double>(), result["epoch"].get<double>(), 1e-9);
  EXPECT_GT(found["here"]["tokens_per_second"].get<double>(), 0);
  EXPECT_GT(found["memory_bytes"]["all"].get<double>(), 28.0 * found["parameters"].get<double>());
}

}  // namespace
}  // namespace lmkor::train
