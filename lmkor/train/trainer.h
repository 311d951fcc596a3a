// Pretraining from shards to a model folder. A run is a folder: it is begun, stopped and taken up again there.
#pragma once

#include <filesystem>
#include <string>

#include "lmkor/base/json.h"
#include "lmkor/model/config.h"
#include "lmkor/model/network.h"
#include "lmkor/train/options.h"

namespace lmkor::train {

enum class Resume { kAuto, kNever, kRequired };

struct PretrainJob {
  std::filesystem::path data;    // shards
  std::filesystem::path output;  // the run's folder
  std::filesystem::path init;    // a model folder to start from, or empty
  Resume resume = Resume::kAuto;
  model::Config config;  // vocab_size is taken from the shards
  model::GeneratorShape generator;
  TrainOptions train;
  uint64_t seed = 1;
  std::string device = "cpu";
  // Settings that decide the run, as text by path: kept in checkpoints, and a run goes on only with the same ones.
  base::Json settings;
};

// Trains, or goes on from the newest checkpoint, and leaves `output`/model (and generator for ELECTRA), metrics.jsonl
// and report.html. Returns the last line of metrics.jsonl with "steps", "unigram_entropy", "parameters",
// "resumed_at_step". Throws kIncompatible (another vocabulary, other settings than the checkpoint's), kNotFound
// (kRequired without a checkpoint), kNumeric (the loss is not finite; the last checkpoint stays), kInterrupted after
// saving.
base::Json pretrain(const PretrainJob& job);

}  // namespace lmkor::train
