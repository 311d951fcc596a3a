#include "lmkor/task/finetune.h"

#include <algorithm>
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/log.h"
#include "lmkor/base/partial_folder.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/random.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/model/weights.h"
#include "lmkor/task/classifier.h"
#include "lmkor/task/finetune_report.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/predictions.h"
#include "lmkor/train/checkpoint.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

struct Split {
  std::vector<Example> examples;
  EncodedSet encoded;
};

// `most` rows drawn by `seed` (0: all), in the order of the file.
std::vector<Example> some_of(std::vector<Example> examples, int64_t most, uint64_t seed) {
  if (most == 0 || static_cast<size_t>(most) >= examples.size()) return examples;
  const base::Permutation order(examples.size(), seed, 0);
  std::vector<size_t> rows;
  for (uint64_t i = 0; i < static_cast<uint64_t>(most); ++i) rows.push_back(order.at(i));
  std::sort(rows.begin(), rows.end());
  std::vector<Example> out;
  for (const size_t row : rows) out.push_back(std::move(examples[row]));
  return out;
}

fs::path prediction_file(const char* split, uint64_t seed) { return str(split, "-seed", seed, ".jsonl"); }

class Finetuning {
 public:
  explicit Finetuning(const FinetuneJob& job)
      : job_(job),
        device_(train::device_of(job.device)),
        mode_{.training = true, .compute = train::compute_type(job.options.precision)},
        tokenizer_(tokenizer::Tokenizer::load(job.model)),
        config_(model::read_config(job.model)) {
    if (job.options.max_length > config_.max_position_embeddings) {
      throw Error(ErrorKind::kConfig, str("finetune.max_length: got ", job.options.max_length, ", the model has ",
                                          config_.max_position_embeddings, " positions"));
    }
    if (tokenizer_.size() != config_.vocab_size) {
      throw Error(ErrorKind::kIncompatible, str(job.model.string(), ": the tokenizer has ", tokenizer_.size(),
                                                " tokens, config.json says ", config_.vocab_size));
    }
    train_ = load("train.tsv", job.options.train_examples);
    dev_ = load("dev.tsv", 0);
    test_ = load("test.tsv", 0);
  }

  // Trains one seed and leaves its result, predictions and weights in `dir`.
  void run_seed(uint64_t seed, const fs::path& dir) {
    const base::Stopwatch clock;
    model::Network network = start(seed);
    model::to_device(network, device_);
    train::Optimizer optimizer(model::parameters(network), job_.options.optimizer);
    const uint64_t per_epoch = steps_per_epoch(train_.examples.size(), job_.options.batch_size);
    const uint64_t steps = per_epoch * static_cast<uint64_t>(job_.options.epochs);
    const train::Schedule schedule(job_.options.schedule, config_.family, steps);
    base::Progress progress(str("finetune seed ", seed), "steps", steps);
    Json epochs = Json::array();
    std::vector<at::Tensor> best;
    double best_dev = -1;
    int64_t best_epoch = 0;
    std::vector<std::vector<double>> best_probabilities;
    std::vector<std::pair<std::string, std::string>> shown;
    for (int64_t epoch = 0; epoch < job_.options.epochs; ++epoch) {
      const double loss = train_epoch({.network = network,
                                       .optimizer = optimizer,
                                       .schedule = schedule,
                                       .set = train_.encoded,
                                       .mode = mode_,
                                       .device = device_,
                                       .batch_size = job_.options.batch_size,
                                       .seed = seed,
                                       .epoch = static_cast<uint64_t>(epoch),
                                       .on_step = [&](uint64_t step) { progress.update(step, shown); }});
      auto probabilities = predict(network, dev_.encoded, mode_, device_);
      const double dev = score_of(dev_, probabilities);
      epochs.push_back({{"epoch", epoch + 1}, {"train_loss", loss}, {"dev", dev}});
      shown = {{"loss", base::fixed(loss, 3)}, {"dev", base::fixed(dev, 4)}};
      if (dev <= best_dev) continue;  // the earlier of equal epochs
      best_dev = dev;
      best_epoch = epoch + 1;
      best_probabilities = std::move(probabilities);
      best = values_of(network);
    }
    progress.finish();
    put_values(network, best);
    const auto probabilities = predict(network, test_.encoded, mode_, device_);
    write_predictions(dir / prediction_file("dev", seed), job_.task, dev_.examples, best_probabilities);
    write_predictions(dir / prediction_file("test", seed), job_.task, test_.examples, probabilities);
    network.label_names = job_.task.labels;
    model::save_pretrained(network, dir / "model");
    hub::copy_tokenizer_files(job_.model, dir / "model");
    base::write_json(dir / "result.json", {{"seed", seed},
                                           {"dev", best_dev},
                                           {"best_epoch", best_epoch},
                                           {"test", score_of(test_, probabilities)},
                                           {"epochs", epochs},
                                           {"seconds", clock.seconds()}});
  }

  Json sizes() const {
    Json out;
    const std::pair<const char*, const Split*> splits[] = {{"train", &train_}, {"dev", &dev_}, {"test", &test_}};
    for (const auto& [name, split] : splits) {
      out[name] = {{"examples", split->examples.size()},
                   {"tokens", split->encoded.tokens},
                   {"cut", split->encoded.cut},
                   {"empty", std::count_if(split->examples.begin(), split->examples.end(),
                                           [](const Example& example) { return example.text.empty(); })}};
    }
    return out;
  }

  const std::vector<Example>& test_examples() const { return test_.examples; }

 private:
  Split load(const char* name, int64_t most) const {
    Split out;
    out.examples = some_of(job_.task.read(job_.data / name, job_.task), most, job_.first_seed);
    out.encoded = encode_examples(out.examples, tokenizer_, job_.options.max_length);
    if (out.encoded.cut > 0) {
      base::log_info(str(name, ": ", out.encoded.cut, " of ", out.examples.size(), " texts were cut to ",
                         job_.options.max_length, " tokens"));
    }
    return out;
  }

  double score_of(const Split& split, const std::vector<std::vector<double>>& probabilities) const {
    return score(job_.task.metric, split.encoded.labels, most_probable(probabilities));
  }

  model::Network start(uint64_t seed) const {
    const auto labels = static_cast<int64_t>(job_.task.labels.size());
    if (job_.random_weights) return model::make_network(config_, job_.task.head, labels, seed);
    return model::load_network(job_.model, job_.task.head, labels, seed, {.keep_mismatched_head = true}).network;
  }

  static std::vector<at::Tensor> values_of(model::Network& network) {
    std::vector<at::Tensor> out;
    for (const model::Parameter& parameter : model::parameters(network))
      out.push_back(parameter.tensor.detach().clone());
    return out;
  }

  static void put_values(model::Network& network, const std::vector<at::Tensor>& values) {
    const at::NoGradGuard guard;
    const std::vector<model::Parameter> parameters = model::parameters(network);
    for (size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor tensor = parameters[i].tensor;
      tensor.copy_(values[i]);
    }
  }

  const FinetuneJob& job_;
  at::Device device_;
  layers::Mode mode_;
  tokenizer::Tokenizer tokenizer_;
  model::Config config_;
  Split train_, dev_, test_;
};

// Settings of the seeds that are finished must be those of this job.
void claim_seeds(const fs::path& folder, const Json& settings) {
  base::make_directories(folder);
  const fs::path file = folder / "settings.json";
  if (!fs::exists(file)) {
    base::write_json(file, settings);
    return;
  }
  const std::string differing = train::setting_differences(base::read_json(file), settings);
  if (differing.empty()) return;
  throw Error(ErrorKind::kIncompatible, str(folder.string(), ": this run was begun with other settings:", differing,
                                            "\ngo on with the same ones, or begin again with --force"));
}

Json results_of(const FinetuneJob& job, const std::vector<Json>& seeds, const Json& sizes) {
  std::vector<double> dev, test;
  double seconds = 0;
  Json runs = Json::array();
  for (const Json& seed : seeds) {
    dev.push_back(seed.at("dev"));
    test.push_back(seed.at("test"));
    seconds += seed.at("seconds").get<double>();
    runs.push_back(seed);
  }
  const auto best = static_cast<size_t>(std::max_element(dev.begin(), dev.end()) - dev.begin());
  Json test_scores = spread_json(test);
  test_scores["sampling_error"] = sampling_error(test_scores["mean"], sizes.at("test").at("examples").get<size_t>());
  return {
      {"task", job.task.name},
      {"model", job.random_weights ? str("random weights in the shape of ", job.model.string()) : job.model.string()},
      {"metric", job.task.metric},
      {"dev", spread_json(dev)},
      {"test", std::move(test_scores)},
      {"best_seed", seeds[best].at("seed")},
      {"runs", runs},
      {"data", sizes},
      {"settings", job.settings},
      {"seconds", seconds}};
}

void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  fs::remove_all(to, ignored);
  base::rename_path(from, to);
}

}  // namespace

void FinetuneOptions::fields(config::Fields& f) {
  f.add("epochs", epochs, "passes over the training examples; the best one on dev counts", config::at_least(1));
  f.add("batch_size", batch_size, "examples of one update", config::at_least(1));
  f.add("max_length", max_length, "tokens of an input at most, the rest is cut", config::at_least(8));
  f.add("precision", precision, "type of matrices and activations", config::one_of(train::precision_names()));
  f.add("train_examples", train_examples, "training examples to use, drawn by the seed; 0: all", config::at_least(0));
  f.include(schedule);
  f.include(optimizer);
}

Json finetune(const FinetuneJob& job) {
  Finetuning finetuning(job);
  const fs::path seeds_folder = job.output / "seeds";
  claim_seeds(seeds_folder, job.settings);
  std::vector<Json> results;
  for (int64_t i = 0; i < job.seeds; ++i) {
    const uint64_t seed = job.first_seed + static_cast<uint64_t>(i);
    const fs::path dir = seeds_folder / str("seed-", seed);
    if (!fs::exists(dir / "result.json")) {
      base::PartialFolder folder(dir);
      finetuning.run_seed(seed, folder.path());
      folder.commit();
    }
    results.push_back(base::read_json(dir / "result.json"));
  }
  const Json out = results_of(job, results, finetuning.sizes());
  base::make_directories(job.output / "predictions");
  for (const Json& result : results) {
    const auto seed = result.at("seed").get<uint64_t>();
    for (const char* split : {"dev", "test"}) {
      const fs::path name = prediction_file(split, seed), made = seeds_folder / str("seed-", seed) / name;
      base::write_file_atomic(job.output / "predictions" / name, base::MappedFile(made).bytes());
    }
  }
  const auto best = out.at("best_seed").get<uint64_t>();
  const auto predictions = read_predictions(job.output / "predictions" / prediction_file("test", best), job.task);
  write_finetune_report(job.output / "report.html", job, out, finetuning.test_examples(), predictions);
  move_into_place(seeds_folder / str("seed-", best) / "model", job.output / "model");
  base::write_json(job.output / "results.json", out);
  std::error_code ignored;
  fs::remove_all(seeds_folder, ignored);
  return out;
}

Json evaluate(const EvaluateJob& job) {
  const base::Stopwatch clock;
  const model::ConfigExtras extras = model::read_config_extras(job.model);
  if (extras.labels != job.task.labels) {
    throw Error(ErrorKind::kIncompatible, str(job.model.string(), ": labels of the classifier: got ",
                                              extras.labels.empty() ? "none" : base::join(extras.labels, ", "),
                                              ", expected ", base::join(job.task.labels, ", "), " of the task ",
                                              job.task.name, "; give a model that lmkor finetune made for it"));
  }
  const auto labels = static_cast<int64_t>(job.task.labels.size());
  model::LoadedNetwork loaded = model::load_network(job.model, job.task.head, labels, 0);
  if (!loaded.report.missing.empty()) {
    throw Error(ErrorKind::kIncompatible, str(job.model.string(), ": no tensor \"", loaded.report.missing.front(),
                                              "\"; the model was not fine-tuned (lmkor finetune)"));
  }
  const at::Device device = train::device_of(job.device);
  model::to_device(loaded.network, device);
  const auto examples = job.task.read(job.file, job.task);
  const EncodedSet set = encode_examples(examples, tokenizer::Tokenizer::load(job.model), job.max_length);
  const auto probabilities =
      predict(loaded.network, set, {.training = false, .compute = train::compute_type(job.precision)}, device);
  const double value = score(job.task.metric, set.labels, most_probable(probabilities));
  if (!job.predictions.empty()) write_predictions(job.predictions, job.task, examples, probabilities);
  return {{"task", job.task.name},
          {"model", job.model.string()},
          {"file", job.file.string()},
          {"metric", job.task.metric},
          {"score", value},
          {"sampling_error", sampling_error(value, examples.size())},
          {"examples", examples.size()},
          {"cut", set.cut},
          {"seconds", clock.seconds()}};
}

}  // namespace lmkor::task
