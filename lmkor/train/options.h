// The settings of pretraining: [train] of a recipe.
#pragma once

#include <cstdint>
#include <string>

#include "lmkor/data/mask.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"

namespace lmkor::train {

struct TrainOptions {
  int64_t steps = 0;
  double minutes = 0;
  int64_t more_steps = 0;
  int64_t sequence_length = 128;
  int64_t short_sequence_length = 0;
  double short_share = 0.9;
  int64_t max_document_tokens = 0;
  int64_t batch_sequences = 32;
  int64_t batch_tokens = 0;
  int64_t batch_ramp_steps = 0;
  double batch_ramp_share = 0.1;
  int64_t micro_batch_sequences = 0;
  std::string precision = "fp32";
  bool dropout = true;
  bool recompute_activations = false;
  bool bias_from_frequencies = false;
  bool embeddings_from_cooccurrence = false;
  std::string pairs = "auto";
  double pair_weight = 1;
  double generator_weight = 1;
  double discriminator_weight = 50;
  double ema_decay = 0;
  int64_t extension_steps = 0;
  double extension_learning_rate = 1e-3;
  int64_t skip_not_finite = 0;
  int64_t log_every_steps = 50;
  int64_t checkpoint_every_steps = 1000;
  double checkpoint_every_minutes = 0;
  int64_t keep_checkpoints = 2;
  int64_t keep_every_steps = 0;
  int64_t validate_every_steps = 0;
  int64_t validation_sequences = 512;
  double validation_mask_share = 0;
  ScheduleOptions schedule;
  OptimizerOptions optimizer;
  data::MaskOptions mask;

  // Rows of one update with rows of `sequence_length` tokens, all processes together.
  uint64_t batch_rows(int64_t sequence_length) const;
  // What is left of all steps when only the rows of an extended vocabulary have been trained.
  uint64_t main_steps(uint64_t all_steps) const { return all_steps - static_cast<uint64_t>(extension_steps); }

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

}  // namespace lmkor::train
