// Pretraining from shards to a model folder. A run is a folder: it is begun, stopped and taken up again there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/model/config.h"
#include "lmkor/model/network.h"
#include "lmkor/train/distributed.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/options.h"

namespace lmkor::train {

enum class Resume { kAuto, kNever, kRequired };

struct PretrainJob {
  std::vector<DataShare> data;   // folders of shards
  std::filesystem::path output;  // the run's folder
  std::filesystem::path init;    // a model folder to start from, or empty
  std::filesystem::path
      extension;  // extension.json that turned the model's vocabulary into that of the shards, or empty
  Resume resume = Resume::kAuto;
  model::Config config;  // vocab_size is taken from the shards
  model::GeneratorShape generator;
  TrainOptions train;
  uint64_t seed = 1;
  uint64_t profile_steps = 0;  // to record into output/profile, after the first few
  std::string device = "cpu";
  Processes* processes = nullptr;  // those of the run, which outlive it; null: this one alone
  // Settings that decide the run, as text by path: kept in checkpoints, and a run goes on only with the same ones.
  base::Json settings;
};

// Trains, or goes on from the newest checkpoint, and leaves (rank 0 does) `output`/model (and generator for ELECTRA),
// metrics.jsonl events.out.tfevents.* and report.html. Returns the last line of metrics.jsonl with "steps",
// "unigram_entropy", "parameters", "resumed_at_step", "findings" (of the watchdog). Where it starts from a model and
// documents are held out, the first line is of step 0: their loss before training. Several processes compute what one
// would on the same batches, up to the order of sums; with the same micro-batches this holds for dropout too. Throws
// kIncompatible (another vocabulary, other settings than the checkpoint's), kNotFound (kRequired without a checkpoint),
// kNumeric (gradients are not finite; the last checkpoint stays), kInterrupted after saving.
base::Json pretrain(const PretrainJob& job);

}  // namespace lmkor::train
