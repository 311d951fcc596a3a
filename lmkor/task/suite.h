// Every task times every model times every seed: fine-tuning runs below one folder, and the table of their scores.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/task.h"
#include "lmkor/task/trial.h"

namespace lmkor::task {

struct SuiteModel {
  std::string name;  // in the table and of its folder
  std::filesystem::path folder;
};

struct SuiteJob {
  std::vector<Task> tasks;
  std::vector<SuiteModel> models;
  std::filesystem::path data, output;
  FinetuneOptions options;
  uint64_t first_seed = 1;
  int64_t seeds = 3;
  std::string device = "cpu";
  base::Json settings;  // what decides every run's result
};

// Fine-tunes what is not finished under OUTPUT/runs/MODEL/TASK, then writes table.json, table.md and report.html;
// returns what table.json holds. A suite that was stopped goes on, and grows by models and tasks that are added. Throws
// as finetune().
base::Json run_suite(const SuiteJob& job);

}  // namespace lmkor::task
