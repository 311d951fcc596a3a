// Prediction files: one JSON object per example in the file's order, {"id", "gold", "prediction", "scores": {LABEL:
// p}}.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

// Complete or absent. `probabilities`: [examples][labels].
void write_predictions(const std::filesystem::path& path, const Task& task, const std::vector<Example>& examples,
                       const std::vector<std::vector<double>>& probabilities);

struct Prediction {
  int64_t gold = 0, predicted = 0;
  double share = 0;  // of the predicted label
};
// Reads a file of write_predictions() back.
std::vector<Prediction> read_predictions(const std::filesystem::path& path, const Task& task);

}  // namespace lmkor::task
