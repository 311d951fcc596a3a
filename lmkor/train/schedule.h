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
  std::string decay = "linear";
  double decay_share = 0.2;
  double rewarm_rate = 0;

  void fields(config::Fields& f);
};

// A linear warm-up, then a decay. `step` counts the updates made before this one, so the first of a warm-up has rate 0,
// as in both sources.
//   replace   while step < warmup: rate * step / warmup, then the decay      (google-research/bert, optimization.py)
//   multiply  rate * decay * min(1, step / warmup)                           (google-research/electra, optimization.py)
//   linear    falls to 0 over all steps
//   wsd       warm-up, stable, decay: falls in the last decay_share of the steps only, by 1 - sqrt (Hägele et al.,
//   2024,
//             "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations")
//   constant  does not fall
// Steps after the first `steps` are those of a run that goes on: warmed up anew to rewarm_rate (0: learning_rate), then
// decayed in the same manner over what was added.
class Schedule {
 public:
  // "auto" is multiply for electra, replace for the others.
  Schedule(const ScheduleOptions& options, std::string_view family, uint64_t steps, uint64_t more_steps = 0);
  double at(uint64_t step) const;
  uint64_t warmup_steps() const { return warmup_steps_; }
  uint64_t steps() const { return steps_; }
  // The largest rate of any step.
  double highest() const;

 private:
  // Of a run of `steps` with `warmup` steps and the largest rate `rate`.
  double curve(uint64_t step, uint64_t steps, uint64_t warmup, double rate) const;
  uint64_t warmup_of(uint64_t steps) const;

  ScheduleOptions options_;
  uint64_t steps_, more_steps_, warmup_steps_;
  bool multiplies_;
};

}  // namespace lmkor::train
