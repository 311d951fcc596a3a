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
  int64_t sequence_length = 128;
  int64_t max_document_tokens = 0;
  int64_t batch_sequences = 32;
  int64_t batch_tokens = 0;
  int64_t micro_batch_sequences = 0;
  std::string precision = "fp32";
  bool dropout = true;
  bool bias_from_frequencies = false;
  bool embeddings_from_cooccurrence = false;
  double generator_weight = 1;
  double discriminator_weight = 50;
  int64_t log_every_steps = 50;
  int64_t checkpoint_every_steps = 1000;
  int64_t keep_checkpoints = 2;
  int64_t validate_every_steps = 0;
  int64_t validation_sequences = 512;
  ScheduleOptions schedule;
  OptimizerOptions optimizer;
  data::MaskOptions mask;

  // Rows of one update, all processes together.
  uint64_t batch_rows() const;

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

}  // namespace lmkor::train
