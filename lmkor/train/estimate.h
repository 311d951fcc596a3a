// What a run will take before it is begun: parameters, arithmetic, memory, time.
#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include "lmkor/base/json.h"
#include "lmkor/train/trainer.h"

namespace lmkor::train {

// Multiplications and additions of the forward and backward pass for one token, by formula: matrices of the encoder
// (6 per parameter), attention over `length` tokens, heads on the `predicted` share of the tokens (and, for ELECTRA,
// the generator and the discriminator's head on all). Embedding look-ups, norms and the optimizer are left out, as in
// Kaplan et al. (2020, section 2.1).
double flops_per_token(const model::Config& config, const model::GeneratorShape& generator, double length,
                       double predicted);

// The most that a product of two large square matrices of type `compute` reaches on this machine's processor with the
// threads that libtorch has, in FLOP/s. Takes some hundredths of a second.
double measured_peak_flops(at::ScalarType compute);

// Of all networks, a shared embedding block once.
int64_t parameter_count(const model::Config& config, const model::GeneratorShape& generator, bool pairs);

// Opens the shards, counts, and trains some batches of a few rows for `seconds` with a network that is thrown away.
// Gives "parameters", "steps", "tokens", "tokens_per_step", "mean_length", "flop", "memory_bytes" {"weights",
// "gradients", "optimizer", "average", "checkpoint_copy", "activations", "all"}, "here" {"tokens_per_second",
// "flops_per_second", "hours"} and "h100" {"flops_per_second", "hours"}. Nothing is written. Throws what pretrain()
// does before its first step.
base::Json estimate(const PretrainJob& job, double seconds);

// How many updates fit into what is left of train.minutes after `seconds_gone`, by measuring some with a network that
// is thrown away, on this process alone.
uint64_t steps_for_minutes(const PretrainJob& job, const model::Config& config, const Loader& loader,
                           double seconds_gone);

}  // namespace lmkor::train
