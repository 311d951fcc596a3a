#include "lmkor/data/batch_plan.h"

#include <algorithm>
#include <cmath>

namespace lmkor::data {

// One row in every step and, of the others, the integral of the ramp: so no step is empty and no sum is kept.
uint64_t BatchPlan::rows_before(uint64_t step, uint64_t batch_rows) const {
  if (ramp_steps_ == 0) return step * batch_rows;
  const uint64_t rising = std::min(step, ramp_steps_);
  const auto k = static_cast<double>(rising);
  const double full = ramp_share_ * k + (1 - ramp_share_) * k * k / (2 * static_cast<double>(ramp_steps_));
  return rising + static_cast<uint64_t>(std::floor(static_cast<double>(batch_rows - 1) * full)) +
         (step - rising) * batch_rows;
}

StepPlan BatchPlan::at(uint64_t step) const {
  StepPlan out;
  while (out.stage + 1 < stages_.size() && stages_[out.stage + 1].begin <= step) ++out.stage;
  const Stage& stage = stages_[out.stage];
  const uint64_t before = rows_before(step, stage.batch_rows);
  out.first = before - rows_before(stage.begin, stage.batch_rows);
  out.rows = rows_before(step + 1, stage.batch_rows) - before;
  return out;
}

}  // namespace lmkor::data
