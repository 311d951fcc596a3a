#include "lmkor/task/evaluate.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/model/weights.h"
#include "lmkor/task/learn.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/noise.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

// The model with the task's head. Throws kIncompatible where the folder holds another one.
model::Network load_tuned(const EvaluateJob& job) {
  const model::ConfigExtras extras = model::read_config_extras(job.model);
  const bool has_labels = job.task.kind != Kind::kScore && job.task.kind != Kind::kAnswer;
  if (has_labels && extras.labels != job.task.labels) {
    throw Error(ErrorKind::kIncompatible, str(job.model.string(), ": labels of the classifier: got ",
                                              extras.labels.empty() ? "none" : base::join(extras.labels, ", "),
                                              ", expected ", base::join(job.task.labels, ", "), " of the task ",
                                              job.task.name, "; give a model that lmkor finetune made for it"));
  }
  const auto labels = static_cast<int64_t>(job.task.kind == Kind::kScore ? 1 : job.task.labels.size());
  model::LoadedNetwork loaded = model::load_network(job.model, head_of(job.task.kind), labels, 0);
  if (!loaded.report.missing.empty()) {
    throw Error(ErrorKind::kIncompatible, str(job.model.string(), ": no tensor \"", loaded.report.missing.front(),
                                              "\"; the model was not fine-tuned (lmkor finetune)"));
  }
  return std::move(loaded.network);
}

}  // namespace

Json evaluate(const EvaluateJob& job) {
  const base::Stopwatch clock;
  model::Network network = load_tuned(job);
  const at::Device device = train::device_of(job.device);
  model::to_device(network, device);
  const tokenizer::Tokenizer tokenizer = tokenizer::Tokenizer::load(job.model);
  const std::vector<Example> examples = job.task.read(job.file, job.task);
  const int64_t positions = network.config.max_position_embeddings;
  const EncodeSettings settings{.max_length = job.max_length > 0 ? job.max_length
                                                                 : std::min(job.task.protocol.max_length, positions)};
  const layers::Mode mode{.training = false, .compute = train::compute_type(job.precision)};
  EncodedSet set;
  const auto answers_to = [&](const std::vector<Example>& asked) {
    set = encode_examples(job.task, asked, tokenizer, settings);
    return predict({network, job.task, asked, set, mode, device});
  };
  const Metric& metric = find_metric(job.task.metric());
  Json noise = Json::object();
  for (const std::string& kind : job.noise) {
    const Noised noised = add_noise(job.task, examples, kind, job.noise_share, job.seed);
    noise[kind] = {{"score", score(metric.name, job.task, noised.examples, answers_to(noised.examples))},
                   {"changed", noised.changed}};
  }
  const std::vector<Prediction> predictions = answers_to(examples);
  const Rows rows = metric.rows(job.task, examples, predictions);
  const double value = score(metric, rows);
  for (auto& [_, row] : noise.items()) row["loss"] = value - row.at("score").get<double>();
  if (!job.predictions.empty()) write_predictions(job.predictions, job.task, examples, predictions);
  Json out = {{"task", job.task.name},
              {"model", job.model.string()},
              {"file", job.file.string()},
              {"metric", metric.name},
              {"score", value},
              {"sampling_error", sampling_error(metric, rows)},
              {"metrics", all_scores(job.task, examples, predictions)},
              {"examples", examples.size()},
              {"cut", set.cut},
              {"windowed", set.windowed},
              {"seconds", clock.seconds()}};
  if (!job.noise.empty()) out["noise"] = noise;
  return out;
}

}  // namespace lmkor::task
