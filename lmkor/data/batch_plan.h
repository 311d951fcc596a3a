// How many rows make up each batch of a run, and which: short rows first, small batches first. A pure function of the
// step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lmkor::data {

// Steps from `begin` on, until the next stage begins, read rows of one length.
struct Stage {
  uint64_t begin = 0;
  int64_t sequence_length = 0;
  uint64_t batch_rows = 0;  // of a full batch, all processes together
};

struct StepPlan {
  size_t stage = 0;
  uint64_t first = 0;  // number of examples that the stage read before
  uint64_t rows = 0;   // to read in this step, all processes together
};

class BatchPlan {
 public:
  // `stages` begin in rising order, the first at 0. In the first `ramp_steps` batches grow evenly from `ramp_share` of
  // a full one (You et al., 2020; Portes et al., 2023: small batches early cost no quality).
  BatchPlan(std::vector<Stage> stages, uint64_t ramp_steps, double ramp_share)
      : stages_(std::move(stages)), ramp_steps_(ramp_steps), ramp_share_(ramp_share) {}

  StepPlan at(uint64_t step) const;
  const std::vector<Stage>& stages() const { return stages_; }

 private:
  uint64_t rows_before(uint64_t step, uint64_t batch_rows) const;

  std::vector<Stage> stages_;
  uint64_t ramp_steps_;
  double ramp_share_;
};

}  // namespace lmkor::data
