// Korean as people type it: texts with one kind of noise, to measure what it costs a model. Every kind is a pure
// function of text and seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

struct NoiseKind {
  const char* name;
  const char* summary;
  bool joins_words;  // changes which words there are: not for tasks that tag words
};
std::span<const NoiseKind> noise_kinds();
std::vector<std::string> noise_names();

struct Noised {
  std::vector<Example> examples;
  size_t changed = 0;  // examples whose text is another one now
};
// A word is touched with the chance `share`. Words of tags keep their number; of a question about a passage only the
// question changes, since the answer stands in the passage. Throws kUsage for a kind that does not exist or that the
// task cannot have.
Noised add_noise(const Task& task, const std::vector<Example>& examples, const std::string& kind, double share,
                 uint64_t seed);

}  // namespace lmkor::task
