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
  f.add("decay", decay,
        "how the rate falls: linear over all steps, wsd (warm-up, stable, decay) in the last decay_share of them, or "
        "constant: not at all",
        config::one_of({"linear", "wsd", "constant"}));
  f.add("decay_share", decay_share, "share of the steps in which the rate of wsd falls", config::between(0, 1));
  f.add("rewarm_rate", rewarm_rate, "largest learning rate of added steps; 0: learning_rate", config::at_least(0));
}

Schedule::Schedule(const ScheduleOptions& options, std::string_view family, uint64_t steps, uint64_t more_steps)
    : options_(options),
      steps_(steps),
      more_steps_(more_steps),
      warmup_steps_(options.warmup_steps > 0 ? static_cast<uint64_t>(options.warmup_steps) : warmup_of(steps)),
      multiplies_(options.warmup == "multiply" || (options.warmup == "auto" && family == "electra")) {}

uint64_t Schedule::warmup_of(uint64_t steps) const {
  return static_cast<uint64_t>(std::llround(options_.warmup_share * static_cast<double>(steps)));
}

double Schedule::curve(uint64_t step, uint64_t steps, uint64_t warmup, double rate) const {
  const double left = std::max(0.0, 1 - static_cast<double>(step) / static_cast<double>(std::max<uint64_t>(1, steps)));
  double decayed = rate;
  if (options_.decay == "linear") decayed = rate * left;
  if (options_.decay == "wsd" && left < options_.decay_share)
    decayed = rate * (1 - std::sqrt(1 - left / options_.decay_share));
  if (step >= warmup) return decayed;
  return (multiplies_ ? decayed : rate) * static_cast<double>(step) / static_cast<double>(warmup);
}

double Schedule::at(uint64_t step) const {
  if (step < steps_ || more_steps_ == 0) return curve(step, steps_, warmup_steps_, options_.learning_rate);
  // The warm-up of what is added is a share of it: warmup_steps was chosen for the first steps.
  const double rate = options_.rewarm_rate > 0 ? options_.rewarm_rate : options_.learning_rate;
  return curve(step - steps_, more_steps_, warmup_of(more_steps_), rate);
}

double Schedule::highest() const {
  if (steps_ == 0) return 0;
  // The curve rises to the end of the warm-up and falls after it; where both are multiplied it is highest within.
  const uint64_t last = std::min(warmup_steps_, steps_ - 1);
  double out = 0;
  for (uint64_t i = 0; i <= 1000; ++i) out = std::max(out, at(last * i / 1000));
  return out;
}

}  // namespace lmkor::train
