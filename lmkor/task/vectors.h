// What a pretrained encoder makes of examples, without any head: one vector for each example, or for each word.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

struct VectorJob {
  const Task& task;
  std::filesystem::path model;  // folder of any model with an encoder; its head is not used
  std::string device = "cpu";
  int64_t batch_tokens = 8192;
};
struct Vectors {
  int64_t width = 0;
  std::vector<float> values{};  // [items, width]: examples in order, kTags: their words in order
};
// The mean over the last layer's tokens; of a word its first piece. Throws kNotFound, kIncompatible, kInterrupted.
Vectors vectors_of(const VectorJob& job, const std::vector<Example>& examples);

}  // namespace lmkor::task
