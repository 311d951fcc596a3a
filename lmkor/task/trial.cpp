#include "lmkor/task/trial.h"

#include <algorithm>
#include <deque>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/model/weights.h"
#include "lmkor/task/loss.h"
#include "lmkor/task/metrics.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

std::vector<at::Tensor> values_of(model::Network& network) {
  std::vector<at::Tensor> out;
  for (const model::Parameter& parameter : model::parameters(network)) out.push_back(parameter.tensor.detach().clone());
  return out;
}

void put_values(model::Network& network, const std::vector<at::Tensor>& values) {
  const at::NoGradGuard guard;
  const std::vector<model::Parameter> parameters = model::parameters(network);
  for (size_t i = 0; i < parameters.size(); ++i) {
    at::Tensor tensor = parameters[i].tensor;
    tensor.copy_(values[i]);
  }
}

std::vector<at::Tensor> mean_of(const std::deque<std::vector<at::Tensor>>& all) {
  std::vector<at::Tensor> out;
  for (size_t i = 0; i < all.front().size(); ++i) {
    at::Tensor sum = all.front()[i].clone();
    for (size_t k = 1; k < all.size(); ++k) sum += all[k][i];
    out.push_back(sum / static_cast<double>(all.size()));
  }
  return out;
}

layers::Mode mode_of(const FinetuneOptions& options) {
  return {.training = true, .compute = train::compute_type(options.precision)};
}

}  // namespace

void FinetuneOptions::fields(config::Fields& f) {
  f.add("epochs", epochs, "passes over the training examples, the best one on dev counts; 0: the task's own",
        config::at_least(0));
  f.add("batch_size", batch_size, "examples of one update; 0: the task's own", config::at_least(0));
  f.add("max_length", max_length,
        "tokens of an input; what is longer is cut, words and passages go on in a further one; 0: the task's own",
        config::at_least(0));
  f.add("precision", precision, "type of matrices and activations", config::one_of(train::precision_names()));
  f.include(splits);
  f.add("swap_pairs", swap_pairs, "symmetric pairs come in either order, drawn anew each epoch");
  f.add("reinit_layers", reinit_layers, "topmost layers that start from random weights", config::at_least(0));
  f.add("average_epochs", average_epochs, "what counts is the mean of the weights after this many last epochs",
        config::at_least(1));
  f.add("patience", patience, "epochs without a better dev score before training stops; 0: never", config::at_least(0));
  f.add("class_weights", class_weights, "weights of the labels in the loss", config::one_of({"none", "balanced"}));
  f.add("r_drop", r_drop, "weight of the agreement of two passes with other dropout; 0: one pass", config::at_least(0));
  f.add("window_step", window_step, "tokens by which windows of a long passage move on", config::at_least(8));
  f.include(schedule);
  f.include(optimizer);
}

TrialData::TrialData(const Source& source, const SplitOptions& splits)
    : source_(source),
      device_(train::device_of(source.device)),
      tokenizer_(tokenizer::Tokenizer::load(source.model)),
      config_(model::read_config(source.model)),
      splits_(load_splits(source.task, source.data, splits)) {
  if (tokenizer_.size() != config_.vocab_size) {
    throw Error(ErrorKind::kIncompatible, str(source.model.string(), ": the tokenizer has ", tokenizer_.size(),
                                              " tokens, config.json says ", config_.vocab_size));
  }
}

FinetuneOptions TrialData::resolved(FinetuneOptions options) const {
  const Task& task = source_.task;
  const int64_t positions = config_.max_position_embeddings, layers = config_.num_hidden_layers;
  if (options.epochs == 0) options.epochs = task.protocol.epochs;
  if (options.batch_size == 0) options.batch_size = task.protocol.batch_size;
  if (options.max_length == 0) options.max_length = std::min(task.protocol.max_length, positions);
  config::Faults faults;
  if (options.max_length < 8) faults.add(str("finetune.max_length: got ", options.max_length, ", expected at least 8"));
  if (options.max_length > positions) {
    faults.add(str("finetune.max_length: got ", options.max_length, ", the model has ", positions, " positions"));
  }
  if (options.reinit_layers > 0 && model::family(config_.family).shares_layers) {
    faults.add("finetune.reinit_layers: the model has one layer for every depth");
  } else if (options.reinit_layers > layers) {
    faults.add(str("finetune.reinit_layers: got ", options.reinit_layers, ", the model has ", layers, " layers"));
  }
  if (options.swap_pairs && !task.symmetric) {
    faults.add(str("finetune.swap_pairs: ", task.name, " is not a task of symmetric pairs"));
  }
  if (options.class_weights != "none" && task.kind != Kind::kClass) {
    faults.add(str("finetune.class_weights: ", task.name, " is ", kind_name(task.kind), ", expected classification"));
  }
  faults.raise("finetune");
  return options;
}

const std::array<EncodedSet, 3>& TrialData::encoded(const FinetuneOptions& options) {
  const bool same = encoded_ && encoded_->settings.max_length == options.max_length &&
                    encoded_->settings.window_step == options.window_step &&
                    encoded_->settings.swapped == options.swap_pairs;
  if (same) return encoded_->of;
  EncodedSplits out{.settings = {.max_length = options.max_length, .window_step = options.window_step}, .of = {}};
  for (const Split split : {Split::kTrain, Split::kDev, Split::kTest}) {
    out.settings.swapped = options.swap_pairs && split == Split::kTrain;
    EncodedSet set = encode_examples(source_.task, splits_[split], tokenizer_, out.settings);
    if (set.cut > 0) {
      base::log_info(str(split_name(split), ": ", set.cut, " of ", set.examples, " texts were cut to ",
                         options.max_length, " tokens"));
    }
    if (set.windowed > 0) {
      base::log_info(str(split_name(split), ": ", set.windowed, " of ", set.examples,
                         " examples take several inputs of ", options.max_length, " tokens"));
    }
    out.of[static_cast<size_t>(split)] = std::move(set);
  }
  out.settings.swapped = options.swap_pairs;
  encoded_ = std::move(out);
  return encoded_->of;
}

model::Network TrialData::start(const FinetuneOptions& options, uint64_t seed) const {
  const auto labels = static_cast<int64_t>(source_.task.kind == Kind::kScore ? 1 : source_.task.labels.size());
  const model::Head head = head_of(source_.task.kind);
  if (source_.random_weights) return model::make_network(config_, head, labels, seed);
  model::Network out = model::load_network(source_.model, head, labels, seed, {.keep_mismatched_head = true}).network;
  if (options.reinit_layers == 0) return out;
  const int64_t layers = config_.num_hidden_layers;
  std::vector<std::string> names;
  for (const model::Parameter& parameter : model::parameters(out)) {
    const bool top = parameter.depth > layers - options.reinit_layers && parameter.depth <= layers;
    if (top || parameter.name.starts_with("pooler.")) names.push_back(parameter.name);
  }
  model::initialise(out, seed, names);
  return out;
}

TrialData::Outcome TrialData::train(const FinetuneOptions& options, uint64_t seed, const std::string& shown_name) {
  const Task& task = source_.task;
  const std::array<EncodedSet, 3>& sets = encoded(options);
  Outcome out{.network = start(options, seed), .dev = -2, .dev_predictions = {}, .epochs = Json::array()};
  model::Network& network = out.network;
  model::to_device(network, device_);
  network.label_names = task.labels;
  network.multi_label = task.kind == Kind::kMultiLabel;
  train::Optimizer optimizer(model::parameters(network), options.optimizer);
  const uint64_t per_epoch = steps_per_epoch(sets[0].inputs.size(), options.batch_size);
  const train::Schedule schedule(options.schedule, config_.family, per_epoch * static_cast<uint64_t>(options.epochs));
  LossSettings loss{.r_drop = options.r_drop};
  if (options.class_weights == "balanced")
    loss.class_weights = balanced_weights(splits_[Split::kTrain], task.labels.size());

  base::Progress progress(shown_name, "steps", schedule.steps());
  std::vector<std::pair<std::string, std::string>> shown;
  std::deque<std::vector<at::Tensor>> last;  // weights after the last epochs
  std::vector<at::Tensor> best;
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    const double train_loss = train_epoch({.network = network,
                                           .optimizer = optimizer,
                                           .schedule = schedule,
                                           .kind = task.kind,
                                           .set = sets[0],
                                           .mode = mode_of(options),
                                           .device = device_,
                                           .batch_size = options.batch_size,
                                           .seed = seed,
                                           .epoch = static_cast<uint64_t>(epoch),
                                           .loss = loss,
                                           .on_step = [&](uint64_t step) { progress.update(step, shown); }});
    last.push_back(values_of(network));
    if (last.size() > static_cast<size_t>(options.average_epochs)) last.pop_front();
    const std::vector<at::Tensor> scored = last.size() == 1 ? last.back() : mean_of(last);
    put_values(network, scored);
    auto predictions = predict({network, task, splits_[Split::kDev], sets[1], mode_of(options), device_});
    put_values(network, last.back());
    const double dev = score(task.metric(), task, splits_[Split::kDev], predictions);
    out.epochs.push_back({{"epoch", epoch + 1}, {"train_loss", train_loss}, {"dev", dev}});
    shown = {{"loss", base::fixed(train_loss, 3)}, {"dev", base::fixed(dev, 4)}};
    if (dev > out.dev || out.best_epoch == 0) {  // the earlier of equal epochs
      out.dev = dev;
      out.best_epoch = epoch + 1;
      out.dev_predictions = std::move(predictions);
      best = scored;
    }
    if (options.patience > 0 && epoch + 1 - out.best_epoch >= options.patience) break;
  }
  progress.finish();
  put_values(network, best);
  return out;
}

std::vector<Prediction> TrialData::predict_test(const model::Network& network, const FinetuneOptions& options) {
  return predict({network, source_.task, splits_[Split::kTest], encoded(options)[2], mode_of(options), device_});
}

Json TrialData::sizes(const FinetuneOptions& options) {
  const std::array<EncodedSet, 3>& sets = encoded(options);
  Json out;
  for (const Split split : {Split::kTrain, Split::kDev, Split::kTest}) {
    const EncodedSet& set = sets[static_cast<size_t>(split)];
    const std::vector<Example>& examples = splits_[split];
    out[split_name(split)] = {{"examples", examples.size()},
                              {"tokens", set.tokens},
                              {"cut", set.cut},
                              {"windowed", set.windowed},
                              {"empty", std::count_if(examples.begin(), examples.end(),
                                                      [](const Example& example) { return example.text.empty(); })}};
  }
  out["dev"]["in_train"] = splits_.dev_in_train;
  out["test"]["in_train"] = splits_.test_in_train;
  out["dev"]["carved"] = splits_.files[1].empty();
  return out;
}

}  // namespace lmkor::task
