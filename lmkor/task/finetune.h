// Fine-tuning: several seeds, the best epoch of each chosen on dev, scored once on test. A run is a folder; seeds that
// are finished are kept, so a run that was stopped goes on with the next one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "lmkor/base/json.h"
#include "lmkor/model/network.h"
#include "lmkor/task/task.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"

namespace lmkor::task {

struct FinetuneOptions {
  int64_t epochs = 3;
  int64_t batch_size = 32;
  int64_t max_length = 128;
  std::string precision = "fp32";
  int64_t train_examples = 0;
  train::ScheduleOptions schedule{.learning_rate = 5e-5, .warmup_share = 0.1};
  train::OptimizerOptions optimizer{.bias_correction = true};

  void fields(config::Fields& f);
};

struct FinetuneJob {
  const Task& task;
  std::filesystem::path model;   // folder with config.json
  std::filesystem::path data;    // folder with train.tsv, dev.tsv and test.tsv
  std::filesystem::path output;  // the run's folder
  FinetuneOptions options;
  bool random_weights = false;  // take only the shape of `model`: what pretraining is worth
  uint64_t first_seed = 1;
  int64_t seeds = 3;
  std::string device = "cpu";
  base::Json settings;  // what decides the result; a stopped run goes on only with the same
};

// Leaves results.json, predictions/SPLIT-seedN.jsonl, model/ (of the seed that is best on dev) and report.html in
// `output`; returns what results.json holds. Throws kIncompatible (other settings than the stopped run's), kData,
// kNotFound, kNumeric, kInterrupted (finished seeds stay).
base::Json finetune(const FinetuneJob& job);

struct EvaluateJob {
  const Task& task;
  std::filesystem::path model;  // a fine-tuned model's folder
  std::filesystem::path file;
  int64_t max_length = 128;
  std::string precision = "fp32";
  std::string device = "cpu";
  std::filesystem::path predictions;  // file to write, or empty
};
// {"task", "metric", "score", "sampling_error", "examples", "cut", "seconds"}. Throws kIncompatible where the model has
// no classifier with the task's labels.
base::Json evaluate(const EvaluateJob& job);

}  // namespace lmkor::task
