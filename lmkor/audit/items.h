// What is labelled in a data set, one by one: an example, or a word of one, with its place and its features.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/audit/features.h"
#include "lmkor/task/task.h"

namespace lmkor::audit {

struct Source {
  task::Split split;
  std::filesystem::path file;
  std::vector<task::Example> examples;
};
// The splits that a task's folder has. Throws kNotFound where there is none.
std::vector<Source> read_sources(const task::Task& task, const std::filesystem::path& folder);

struct Item {
  uint32_t source, row;  // of sources[source].examples
  int32_t word = -1;     // of a task that tags words
  int64_t label = 0;
  double value = 0;
};
std::vector<Item> items_of(const task::Task& task, const std::vector<Source>& sources);

// Which parts of an example a model may see.
enum class View {
  kWhole,       // n-grams of 1 to 4 characters of both texts, and which words they share
  kCharacters,  // single characters
  kLength,      // how long the texts are
  kSecond,      // the second text alone (hypothesis only)
};
SparseRows features_of(const task::Task& task, const std::vector<Source>& sources, const std::vector<Item>& items,
                       View view);

}  // namespace lmkor::audit
