#include "lmkor/train/schedule.h"

#include <algorithm>
#include <cmath>

namespace lmkor::train {

void ScheduleOptions::fields(config::Fields& f) {
  f.add("learning_rate", learning_rate, "largest learning rate", config::more_than(0));
  f.add("warmup_steps", warmup_steps, "steps of rising rate; 0: warmup_share of all steps", config::at_least(0));
  f.add("warmup_share", warmup_share, "share of the steps with a rising rate, where warmup_steps is 0",
        config::below_one());
  f.add("warmup", warmup,
        "how warm-up meets decay: replace it (BERT) or multiply with it (ELECTRA); auto goes by the family",
        config::one_of({"auto", "replace", "multiply"}));
}

Schedule::Schedule(const ScheduleOptions& options, std::string_view family, uint64_t steps)
    : learning_rate_(options.learning_rate),
      steps_(steps),
      warmup_steps_(options.warmup_steps > 0
                        ? static_cast<uint64_t>(options.warmup_steps)
                        : static_cast<uint64_t>(std::llround(options.warmup_share * static_cast<double>(steps)))),
      multiplies_(options.warmup == "multiply" || (options.warmup == "auto" && family == "electra")) {}

double Schedule::at(uint64_t step) const {
  const auto done = static_cast<double>(step), warmup = static_cast<double>(warmup_steps_);
  const double decayed = learning_rate_ * std::max(0.0, 1 - done / static_cast<double>(std::max<uint64_t>(1, steps_)));
  if (step >= warmup_steps_) return decayed;
  return (multiplies_ ? decayed : learning_rate_) * done / warmup;
}

}  // namespace lmkor::train
