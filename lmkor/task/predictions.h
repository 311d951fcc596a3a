// What a model says of examples, and the files that keep it: one JSON object per example in the file's order, {"id",
// "gold", "prediction", "scores"}.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

struct Prediction {
  int64_t label = 0;              // kClass: the most probable
  double value = 0;               // kScore
  std::vector<int64_t> labels{};  // kMultiLabel: 0 or 1 for each label; kTags: an index for each word
  std::string answer{};           // kAnswer
  // Probabilities: of each label (kClass, kMultiLabel), of each word's tag (kTags), of the answer (kAnswer).
  std::vector<double> scores{};
};

// Complete or absent.
void write_predictions(const std::filesystem::path& path, const Task& task, const std::vector<Example>& examples,
                       const std::vector<Prediction>& predictions);

struct Predicted {
  std::vector<Example> examples;  // their ids and what is right, no texts
  std::vector<Prediction> predictions;
};
// Reads a file of write_predictions() back. Throws kNotFound; kData naming file and line.
Predicted read_predictions(const std::filesystem::path& path, const Task& task);

}  // namespace lmkor::task
