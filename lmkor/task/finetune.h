// Fine-tuning: several seeds, the best epoch of each chosen on dev, scored once on test. A run is a folder; seeds that
// are finished are kept, so a run that was stopped goes on with the next one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "lmkor/base/json.h"
#include "lmkor/task/search.h"
#include "lmkor/task/task.h"
#include "lmkor/task/trial.h"

namespace lmkor::task {

struct FinetuneJob {
  const Task& task;
  std::filesystem::path model;   // folder with config.json
  std::filesystem::path data;    // folder of the task
  std::filesystem::path output;  // the run's folder
  FinetuneOptions options;
  SearchOptions search;
  bool random_weights = false;  // take only the shape of `model`: what pretraining is worth
  uint64_t first_seed = 1;
  int64_t seeds = 3;
  std::string device = "cpu";
  base::Json settings;  // what decides the result; a stopped run goes on only with the same
};

// Leaves results.json, predictions/SPLIT-seedN.jsonl, model/ (of the seed that is best on dev), report.html and, after
// a search, search.json in `output`; returns what results.json holds. Throws kIncompatible (other settings than the
// stopped run's), kData, kNotFound, kNumeric, kInterrupted (finished trials and seeds stay).
base::Json finetune(const FinetuneJob& job);

// SPLIT-seedN.jsonl
std::string prediction_file(std::string_view split, uint64_t seed);

}  // namespace lmkor::task
