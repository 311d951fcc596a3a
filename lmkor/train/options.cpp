#include "lmkor/train/options.h"

#include "lmkor/base/str.h"
#include "lmkor/data/sampler.h"
#include "lmkor/train/precision.h"

namespace lmkor::train {

using base::str;

void TrainOptions::fields(config::Fields& f) {
  f.add("steps", steps, "updates to make; 0: as many as fit into minutes", config::at_least(0));
  f.add("minutes", minutes,
        "time for training where steps is 0; the speed is measured first and fixes the number of steps",
        config::at_least(0));
  f.add("sequence_length", sequence_length, "tokens of a row; rows are filled with whole sequences, never padded",
        config::at_least(8));
  f.add("max_document_tokens", max_document_tokens,
        "tokens of a document to use at most, from its beginning, 0 for all: keeps a few long documents from drowning "
        "many "
        "short ones",
        config::at_least(0));
  f.add("batch_sequences", batch_sequences, "rows of one update", config::at_least(1));
  f.add("batch_tokens", batch_tokens, "tokens of one update instead of batch_sequences, 0 for none",
        config::at_least(0));
  f.add("micro_batch_sequences", micro_batch_sequences,
        "rows of one forward pass, gradients are accumulated; 0: all rows of the update", config::at_least(0));
  f.add("precision", precision, "type of matrices and activations; parameters, norms and losses are fp32",
        config::one_of(precision_names()));
  f.add("dropout", dropout,
        "the model's dropout is on while it is pretrained; off pays where hardly a text is seen twice");
  f.add("bias_from_frequencies", bias_from_frequencies,
        "start the output bias of the masked language model at the tokens' log frequencies instead of 0, so that no "
        "steps "
        "are spent on learning them");
  f.add("embeddings_from_cooccurrence", embeddings_from_cooccurrence,
        "start token embeddings from which tokens stand near each other in the corpus (factorised mutual information) "
        "instead of random numbers: worth several times the steps of a short run");
  f.add("generator_weight", generator_weight, "weight of the generator's loss (ELECTRA)", config::at_least(0));
  f.add("discriminator_weight", discriminator_weight, "weight of the discriminator's loss (ELECTRA)",
        config::at_least(0));
  f.add("log_every_steps", log_every_steps, "steps between lines of metrics.jsonl", config::at_least(1));
  f.add("checkpoint_every_steps", checkpoint_every_steps, "steps between checkpoints", config::at_least(1));
  f.add("keep_checkpoints", keep_checkpoints, "newest checkpoints to keep", config::at_least(1));
  f.add("validate_every_steps", validate_every_steps, "steps between losses on held-out documents; 0: at the end only",
        config::at_least(0));
  f.add("validation_sequences", validation_sequences, "held-out rows to use at most", config::at_least(1));
  f.include(schedule);
  f.include(optimizer);
  f.include(mask);
}

uint64_t TrainOptions::batch_rows() const {
  if (batch_tokens > 0) return data::rows_for_tokens(static_cast<uint64_t>(batch_tokens), sequence_length);
  return static_cast<uint64_t>(batch_sequences);
}

void TrainOptions::check(config::Faults& faults) const {
  if (steps > 0 && minutes > 0) {
    faults.add(str("train.steps and train.minutes: got ", steps, " and ", minutes, ", expected one of the two"));
  }
  if (batch_tokens > 0 && batch_tokens < sequence_length) {
    faults.add(str("train.batch_tokens: got ", batch_tokens, ", expected at least sequence_length ", sequence_length));
  }
  if (steps > 0 && schedule.warmup_steps > steps) {
    faults.add(str("train.warmup_steps: got ", schedule.warmup_steps, ", expected at most train.steps ", steps));
  }
}

}  // namespace lmkor::train
