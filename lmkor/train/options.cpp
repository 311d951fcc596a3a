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
  f.add("more_steps", more_steps,
        "updates to go on with after a run has finished, at a rate that is warmed up anew to rewarm_rate and falls "
        "again; may be raised later",
        config::at_least(0));
  f.add("sequence_length", sequence_length, "tokens of a row; rows are filled with whole sequences, never padded",
        config::at_least(8));
  f.add("short_sequence_length", short_sequence_length,
        "tokens of a row in the first short_share of the steps (BERT: 128); 0: sequence_length from the start",
        config::at_least(0));
  f.add("short_share", short_share, "share of the steps with rows of short_sequence_length",
        config::between(0.01, 0.99));
  f.add("max_document_tokens", max_document_tokens,
        "tokens of a document to use at most, from its beginning, 0 for all: keeps a few long documents from drowning "
        "many "
        "short ones",
        config::at_least(0));
  f.add("batch_sequences", batch_sequences, "rows of one update", config::at_least(1));
  f.add("batch_tokens", batch_tokens, "tokens of one update instead of batch_sequences, 0 for none",
        config::at_least(0));
  f.add("batch_ramp_steps", batch_ramp_steps, "steps in which batches grow from batch_ramp_share to full, 0 for none",
        config::at_least(0));
  f.add("batch_ramp_share", batch_ramp_share, "size of the first batch as a share of a full one",
        config::between(0.001, 1));
  f.add("micro_batch_sequences", micro_batch_sequences,
        "rows of one forward pass, gradients are accumulated; 0: all rows of the update", config::at_least(0));
  f.add("precision", precision, "type of matrices and activations; parameters, norms and losses are fp32",
        config::one_of(precision_names()));
  f.add("dropout", dropout,
        "the model's dropout is on while it is pretrained; off pays where hardly a text is seen twice");
  f.add("recompute_activations", recompute_activations,
        "keep only what each layer begins with and compute the rest again in the backward pass: a third more time, a "
        "fraction of the memory");
  f.add("bias_from_frequencies", bias_from_frequencies,
        "start the output bias of the masked language model at the tokens' log frequencies instead of 0, so that no "
        "steps "
        "are spent on learning them");
  f.add("embeddings_from_cooccurrence", embeddings_from_cooccurrence,
        "start token embeddings from which tokens stand near each other in the corpus (factorised mutual information) "
        "instead of random numbers: worth several times the steps of a short run");
  f.add("pairs", pairs,
        "what is asked of pairs of segments beside the masked tokens: sentence_order (ALBERT), next_sentence (BERT) or "
        "none; auto is sentence_order for albert, none for the others",
        config::one_of({"auto", "none", "sentence_order", "next_sentence"}));
  f.add("pair_weight", pair_weight, "weight of the loss of pairs", config::at_least(0));
  f.add("generator_weight", generator_weight, "weight of the generator's loss (ELECTRA)", config::at_least(0));
  f.add("discriminator_weight", discriminator_weight, "weight of the discriminator's loss (ELECTRA)",
        config::at_least(0));
  f.add("ema_decay", ema_decay,
        "publish and validate an exponential average of the weights with this decay (0.999), 0 for the weights as they "
        "are",
        config::below_one());
  f.add("extension_steps", extension_steps,
        "first steps, in which only the rows of new tokens are trained (--extension)", config::at_least(0));
  f.add("extension_learning_rate", extension_learning_rate, "learning rate of these steps", config::more_than(0));
  f.add("skip_not_finite", skip_not_finite,
        "batches whose gradients are not finite to leave out at most before the run stops", config::at_least(0));
  f.add("log_every_steps", log_every_steps, "steps between lines of metrics.jsonl", config::at_least(1));
  f.add("checkpoint_every_steps", checkpoint_every_steps, "steps between checkpoints", config::at_least(1));
  f.add("checkpoint_every_minutes", checkpoint_every_minutes, "minutes between checkpoints as well, 0 for none",
        config::at_least(0));
  f.add("keep_checkpoints", keep_checkpoints, "newest checkpoints to keep", config::at_least(1));
  f.add("keep_every_steps", keep_every_steps, "keep the checkpoints of steps that this divides for good, 0 for none",
        config::at_least(0));
  f.add("validate_every_steps", validate_every_steps, "steps between losses on held-out documents; 0: at the end only",
        config::at_least(0));
  f.add("validation_sequences", validation_sequences, "held-out rows to use at most", config::at_least(1));
  f.add("validation_mask_share", validation_mask_share,
        "mask_share of held-out rows, so that runs with different ones compare; 0: as in training",
        config::between(0, 0.9));
  f.include(schedule);
  f.include(optimizer);
  f.include(mask);
}

uint64_t TrainOptions::batch_rows(int64_t length) const {
  if (batch_tokens > 0) return data::rows_for_tokens(static_cast<uint64_t>(batch_tokens), length);
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
  if (steps > 0 && extension_steps >= steps) {
    faults.add(str("train.extension_steps: got ", extension_steps, ", expected fewer than train.steps ", steps));
  }
  if (short_sequence_length > 0 && (short_sequence_length < 8 || short_sequence_length >= sequence_length)) {
    faults.add(str("train.short_sequence_length: got ", short_sequence_length,
                   ", expected at least 8 and less than train.sequence_length ", sequence_length));
  }
  for (const auto& [name, value] :
       {std::pair("short_sequence_length", short_sequence_length), std::pair("extension_steps", extension_steps),
        std::pair("more_steps", more_steps)}) {
    if (value > 0 && steps == 0 && minutes > 0)
      faults.add(str("train.", name, ": got ", value, " with train.minutes, expected train.steps beside it"));
  }
}

}  // namespace lmkor::train
