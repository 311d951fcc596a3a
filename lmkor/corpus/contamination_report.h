// What of the tasks' examples a corpus held, for the manifest, the report and a file of its own.
#pragma once

#include <filesystem>

#include "lmkor/base/json.h"
#include "lmkor/corpus/tally.h"
#include "lmkor/corpus/task_examples.h"

namespace lmkor::corpus {

// By task: examples, how many were found, and how many of them by each kind of match.
base::Json contamination_json(const Tally& tally, const TaskExamples& examples);
// A line for each example that was found: task, file, row, text, places by kind, the first document.
void write_contamination(const Tally& tally, const TaskExamples& examples, const std::filesystem::path& path);

}  // namespace lmkor::corpus
