// One model trained once on one task with one set of settings, the best epoch of it chosen on dev.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/model/network.h"
#include "lmkor/task/learn.h"
#include "lmkor/task/splits.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"

namespace lmkor::task {

struct FinetuneOptions {
  int64_t epochs = 0;
  int64_t batch_size = 0;
  int64_t max_length = 0;
  std::string precision = "fp32";
  SplitOptions splits;
  bool swap_pairs = false;
  int64_t reinit_layers = 0;
  int64_t average_epochs = 1;
  int64_t patience = 0;
  std::string class_weights = "none";
  double r_drop = 0;
  int64_t window_step = 128;
  train::ScheduleOptions schedule{.learning_rate = 3e-5, .warmup_share = 0.1};
  train::OptimizerOptions optimizer{.bias_correction = true};

  void fields(config::Fields& f);
};
// A model's folder and a task's data, read once for many trials.
class TrialData {
 public:
  struct Source {
    const Task& task;
    std::filesystem::path model;  // folder with config.json
    std::filesystem::path data;   // folder of the task
    bool random_weights = false;  // take only the shape of `model`: what pretraining is worth
    std::string device = "cpu";
  };
  // Throws kIncompatible, kNotFound, kData.
  TrialData(const Source& source, const SplitOptions& splits);

  // `options` with the task's own protocol where they leave it open, as far as the model's positions reach. Throws
  // kConfig where a setting does not suit the task or the model, all faults at once.
  FinetuneOptions resolved(FinetuneOptions options) const;

  struct Outcome {
    model::Network network;
    double dev = 0;
    int64_t best_epoch = 0;
    std::vector<Prediction> dev_predictions;
    base::Json epochs;  // [{"epoch", "train_loss", "dev"}]
  };
  // `options` are resolved. Throws kConfig, kNumeric, kInterrupted.
  Outcome train(const FinetuneOptions& options, uint64_t seed, const std::string& shown_name);
  std::vector<Prediction> predict_test(const model::Network& network, const FinetuneOptions& options);

  const Splits& splits() const { return splits_; }
  // {"train": {"examples", "tokens", "cut", "windowed", "empty"}, ...} of what `options` encode.
  base::Json sizes(const FinetuneOptions& options);

 private:
  struct EncodedSplits {
    EncodeSettings settings;
    std::array<EncodedSet, 3> of;
  };
  const std::array<EncodedSet, 3>& encoded(const FinetuneOptions& options);
  model::Network start(const FinetuneOptions& options, uint64_t seed) const;

  Source source_;
  at::Device device_;
  tokenizer::Tokenizer tokenizer_;
  model::Config config_;
  Splits splits_;
  std::optional<EncodedSplits> encoded_;
};

}  // namespace lmkor::task
