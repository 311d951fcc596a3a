// Lengths and sizes of batches step by step: every example of a stage is read once and in order.
#include "lmkor/data/batch_plan.h"

#include <gtest/gtest.h>

namespace lmkor::data {
namespace {

TEST(BatchPlan, ReadsTheExamplesOfEachStageInOrderWithoutAGap) {
  for (const uint64_t ramp : {0ull, 7ull, 25ull}) {
    const BatchPlan plan({{0, 128, 40}, {20, 512, 10}}, ramp, 0.1);
    uint64_t next[2] = {0, 0};
    for (uint64_t step = 0; step < 60; ++step) {
      const StepPlan at = plan.at(step);
      EXPECT_EQ(at.stage, step < 20 ? 0u : 1u);
      EXPECT_EQ(at.first, next[at.stage]) << ramp << " " << step;
      EXPECT_GE(at.rows, 1u);
      if (step >= ramp) {
        EXPECT_EQ(at.rows, at.stage == 0 ? 40u : 10u) << step;
      }
      next[at.stage] += at.rows;
    }
  }
}

TEST(BatchPlan, GrowsEvenlyFromTheShareToFull) {
  const BatchPlan plan({{0, 128, 1000}}, 100, 0.2);
  EXPECT_NEAR(static_cast<double>(plan.at(0).rows), 204, 2);
  EXPECT_NEAR(static_cast<double>(plan.at(50).rows), 604, 2);
  EXPECT_NEAR(static_cast<double>(plan.at(99).rows), 996, 2);
  EXPECT_EQ(plan.at(100).rows, 1000u);
  EXPECT_NEAR(static_cast<double>(plan.at(100).first), 100 * 600, 100);
  EXPECT_EQ(BatchPlan({{0, 8, 1}}, 5, 0.1).at(2).rows, 1u);  // a full batch of one row
}

}  // namespace
}  // namespace lmkor::data
