// What a labelled task is: its files, its labels, its head and its metric. One file per task and one row of the table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/model/registry.h"

namespace lmkor::task {

struct Example {
  std::string id;
  std::string text;
  std::string second_text;  // of a pair
  int64_t label = 0;        // index into Task::labels
};

struct Task {
  const char* name;  // also the name of its folder
  const char* summary;
  const char* metric;  // a name of metrics.h
  model::Head head;
  std::vector<std::string> labels;
  // All rows of a file in order; none is left out. Throws kNotFound, and kData with file, line, got and expected.
  std::vector<Example> (*read)(const std::filesystem::path& file, const Task& task);
};

// The table of tasks.
std::span<const Task> tasks();
std::vector<std::string> task_names();
// Throws kUsage naming the tasks there are.
const Task& find_task(std::string_view name);

// Its rows in tasks(): one function per file.
Task nsmc();

// The folder with the files of `task`: `data` itself or its folder of that name. Throws kNotFound.
std::filesystem::path task_folder(const std::filesystem::path& data, const Task& task);

}  // namespace lmkor::task
