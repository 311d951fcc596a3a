// A network with a sequence head on labelled texts: encoding, batches without padding, one epoch, predictions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lmkor/layers/mode.h"
#include "lmkor/model/network.h"
#include "lmkor/task/task.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"

namespace lmkor::task {

// [CLS] text [SEP] or [CLS] text [SEP] second [SEP], cut to a longest length.
struct Encoded {
  std::vector<int32_t> ids, type_ids;
};
struct EncodedSet {
  std::vector<Encoded> inputs;
  std::vector<int64_t> labels;
  size_t cut = 0;  // inputs that were longer
  uint64_t tokens = 0;
};
EncodedSet encode_examples(const std::vector<Example>& examples, const tokenizer::Tokenizer& tokenizer,
                           int64_t max_length);

// Probabilities of the labels, [rows of `set`][labels], in the order of the set. Batches are made of inputs of about
// equal length and hold `batch_tokens` tokens.
std::vector<std::vector<double>> predict(const model::Network& network, const EncodedSet& set, layers::Mode mode,
                                         at::Device device, int64_t batch_tokens = 8192);
// The most probable label of each row.
std::vector<int64_t> most_probable(const std::vector<std::vector<double>>& probabilities);

struct EpochJob {
  model::Network& network;
  train::Optimizer& optimizer;
  const train::Schedule& schedule;
  const EncodedSet& set;
  layers::Mode mode;
  at::Device device;
  int64_t batch_size;
  uint64_t seed, epoch;  // decide order and dropout
  std::function<void(uint64_t step)> on_step;
};
// Every input once, in an order drawn for (seed, epoch). Returns the mean cross-entropy. Throws kNumeric where the
// gradients are not finite, kInterrupted.
double train_epoch(const EpochJob& job);
uint64_t steps_per_epoch(size_t examples, int64_t batch_size);

}  // namespace lmkor::task
