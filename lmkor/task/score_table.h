// The table of scores in the published layout: a model a row, a task a column, ours and published ones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/task.h"

namespace lmkor::task {

// A finished fine-tuning run.
struct TableRun {
  std::string model;
  const Task* task;
  std::filesystem::path folder;
};

// {"tasks": [{"task", "metric", "cells": {MODEL: {"mean", "std", "ci95", "sampling_error", "seeds", "best",
// "best_mean", "against_best": {...}}}, "differences": [...], "published": {...}}]}. `best` marks every model that does
// not differ from the one with the highest mean: by approximate randomisation with Holm's correction over the models
// and by paired bootstrap, at 5 %. Throws kData where runs of one task were scored on different examples.
base::Json score_table(const std::vector<TableRun>& runs);
// As Markdown, with what the marks mean.
std::string table_markdown(const base::Json& table);
void write_table_report(const std::filesystem::path& path, const base::Json& table);

// How this data departs from the published: of each split whose rows are known and other. Empty where it does not.
std::string data_difference(const Task& task, const base::Json& sizes);

}  // namespace lmkor::task
