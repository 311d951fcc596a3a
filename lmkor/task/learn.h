// A network with a task's head: one epoch of training, and predictions. Batches are packed without padding.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lmkor/layers/mode.h"
#include "lmkor/layers/packed.h"
#include "lmkor/model/network.h"
#include "lmkor/task/encode.h"
#include "lmkor/task/predictions.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"

namespace lmkor::task {

using Inputs = std::vector<const Encoded*>;
layers::PackedInput pack(const Inputs& inputs, at::Device device);
// All inputs of the set, those of about equal length in one batch of at most `batch_tokens`, or of one longer input.
std::vector<Inputs> batches_by_length(const EncodedSet& set, int64_t batch_tokens);

struct LossSettings {
  std::vector<double> class_weights{};  // kClass: of each label; empty: all alike
  // R-drop (Liang et al. 2021): each batch passes twice with other dropout, and the two answers are drawn together with
  // this weight. 0: off.
  double r_drop = 0;
};

struct EpochJob {
  model::Network& network;
  train::Optimizer& optimizer;
  const train::Schedule& schedule;
  Kind kind;
  const EncodedSet& set;  // with `swapped`, each pair comes in either order by chance
  layers::Mode mode;
  at::Device device;
  int64_t batch_size;
  uint64_t seed, epoch;  // decide order and dropout
  LossSettings loss;
  std::function<void(uint64_t step)> on_step;
};
// Every input once, in an order drawn for (seed, epoch). Returns the mean loss. Throws kNumeric where the gradients are
// not finite, kInterrupted.
double train_epoch(const EpochJob& job);
uint64_t steps_per_epoch(size_t inputs, int64_t batch_size);

struct PredictJob {
  const model::Network& network;
  const Task& task;
  const std::vector<Example>& examples;
  const EncodedSet& set;  // of these examples
  layers::Mode mode;
  at::Device device;
  int64_t batch_tokens = 8192;
  int64_t max_answer = 30;  // kAnswer: tokens at most
  int64_t best_of = 20;     // kAnswer: beginnings and ends that are tried
};
// One for each example, in order. Batches are made of inputs of about equal length; they do not change what comes out.
std::vector<Prediction> predict(const PredictJob& job);

}  // namespace lmkor::task
