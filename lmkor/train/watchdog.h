// Looks at a run's figures as they are logged and says what goes wrong, why that usually is, and what to do. One row of
// the table in watchdog.cpp for each fault that figures show; what only the trainer can see has a function here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::train {

struct Finding {
  uint64_t step;
  std::string kind;  // "loss_spike"
  std::string text;  // fault, cause, remedy
};

// What a watchdog must know of the run.
struct WatchedRun {
  std::string family;
  uint64_t steps = 0, warmup_steps = 0;
  double learning_rate = 0, highest_rate = 0;  // asked for, and the largest of any step
  double unigram_entropy = 0;                  // nats
};

class Watchdog {
 public:
  explicit Watchdog(WatchedRun run) : run_(std::move(run)) {}

  // What the settings alone show, before the first step.
  std::vector<Finding> look_at_settings() const;
  // What a line of metrics.jsonl shows. A fault is told once, and again when it has passed and come back.
  std::vector<Finding> look(const base::Json& line);

  // For checkpoints.
  base::Json state() const;
  void restore(const base::Json& state);

 private:
  friend struct Rules;
  WatchedRun run_;
  double loss_mean_ = 0, loss_variance_ = 0;  // exponential, of the lines so far
  uint64_t lines_ = 0;
  base::Json in_a_row_ = base::Json::object();  // lines that have shown a fault without a break, by its kind
};

// The text for a disk with `free` bytes left where a checkpoint takes `needed`; empty where two more fit.
std::string disk_fault(uint64_t free, uint64_t needed);

}  // namespace lmkor::train
