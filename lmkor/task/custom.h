// A user's own task: a TOML file that says where texts and labels stand in TSV or JSON lines.
//
//   kind = "classification"      # or regression, multi-label, tagging, question-answering
//   text = "review"              # columns
//   label = "stars"
//   labels = ["1", "2", "3"]     # left out: those of the training file, sorted
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

// The task that `name` means: one of the table, or the TOML file at that path, whose labels may come from the training
// file in `data` (or from `known_labels`, those of a model that has learnt it). Throws kUsage, kConfig with all faults
// at once, kNotFound, kData.
Task load_task(const std::string& name, const std::filesystem::path& data,
               const std::vector<std::string>& known_labels = {});

}  // namespace lmkor::task
