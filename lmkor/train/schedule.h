// The learning rate as a function of the step.
#pragma once

#include <cstdint>
#include <string>

#include "lmkor/config/fields.h"

namespace lmkor::train {

struct ScheduleOptions {
  double learning_rate = 1e-4;
  int64_t warmup_steps = 0;
  double warmup_share = 0.05;
  std::string warmup = "auto";

  void fields(config::Fields& f);
};

// Linear decay to 0 over all steps, with a linear warm-up. `step` counts the updates made before this one, so the first
// of a warm-up has rate 0, as in both sources.
//   replace   while step < warmup: rate * step / warmup, then the decay      (google-research/bert, optimization.py)
//   multiply  rate * decay * min(1, step / warmup)                           (google-research/electra, optimization.py)
class Schedule {
 public:
  // "auto" is multiply for electra, replace for the others.
  Schedule(const ScheduleOptions& options, std::string_view family, uint64_t steps);
  double at(uint64_t step) const;
  uint64_t warmup_steps() const { return warmup_steps_; }
  uint64_t steps() const { return steps_; }

 private:
  double learning_rate_;
  uint64_t steps_, warmup_steps_;
  bool multiplies_;
};

}  // namespace lmkor::train
