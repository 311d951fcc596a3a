// The score of a fine-tuned model on one file, and what kinds of noise in the text cost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/task.h"

namespace lmkor::task {

struct EvaluateJob {
  const Task& task;
  std::filesystem::path model;  // a fine-tuned model's folder
  std::filesystem::path file;
  int64_t max_length = 0;  // 0: the task's own
  std::string precision = "fp32";
  std::string device = "cpu";
  std::filesystem::path predictions;  // file to write, or empty
  std::vector<std::string> noise;     // kinds of noise.h
  double noise_share = 0.3;           // of the words
  uint64_t seed = 1;                  // of the noise
};
// {"task", "metric", "score", "sampling_error", "metrics", "examples", "cut", "windowed", "seconds"} and, with noise,
// "noise": {KIND: {"score", "loss", "changed"}}. Throws kIncompatible where the model has no head with the task's
// labels.
base::Json evaluate(const EvaluateJob& job);

}  // namespace lmkor::task
