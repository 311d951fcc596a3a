#include "lmkor/task/finetune.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/partial_folder.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/model/weights.h"
#include "lmkor/task/finetune_report.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/predictions.h"
#include "lmkor/task/resample.h"
#include "lmkor/train/checkpoint.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

// Trains one seed and leaves its result, predictions and weights in `dir`.
void run_seed(TrialData& data, const FinetuneJob& job, const FinetuneOptions& options, uint64_t seed,
              const fs::path& dir) {
  const base::Stopwatch clock;
  const TrialData::Outcome outcome = data.train(options, seed, str("finetune seed ", seed));
  const std::vector<Example>&dev = data.splits()[Split::kDev], &test = data.splits()[Split::kTest];
  const std::vector<Prediction> predictions = data.predict_test(outcome.network, options);
  write_predictions(dir / prediction_file("dev", seed), job.task, dev, outcome.dev_predictions);
  write_predictions(dir / prediction_file("test", seed), job.task, test, predictions);
  model::save_pretrained(outcome.network, dir / "model");
  hub::copy_tokenizer_files(job.model, dir / "model");
  const Metric& metric = find_metric(job.task.metric());
  const Rows rows = metric.rows(job.task, test, predictions);
  base::write_json(dir / "result.json", {{"seed", seed},
                                         {"dev", outcome.dev},
                                         {"best_epoch", outcome.best_epoch},
                                         {"test", score(metric, rows)},
                                         {"sampling_error", sampling_error(metric, rows)},
                                         {"metrics", all_scores(job.task, test, predictions)},
                                         {"epochs", outcome.epochs},
                                         {"seconds", clock.seconds()}});
}

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
  throw base::Error(base::ErrorKind::kIncompatible,
                    str(folder.string(), ": this run was begun with other settings:", differing,
                        "\ngo on with the same ones, or begin again with --force"));
}

// The settings that came of the task and of a search, where the user's left them open.
Json protocol(const FinetuneOptions& options) {
  FinetuneOptions copy = options;
  Json out = Json::object();
  const config::Fields fields = config::Fields::of(copy);
  for (const config::Field& field : fields.all()) out[field.path] = field.toml();
  return out;
}

Json results_of(const FinetuneJob& job, const FinetuneOptions& options, const std::vector<Json>& seeds,
                const Json& sizes) {
  std::vector<double> dev, test;
  double seconds = 0, sampling = 0;
  Json runs = Json::array(), metrics = Json::object();
  for (const Json& seed : seeds) {
    dev.push_back(seed.at("dev"));
    test.push_back(seed.at("test"));
    seconds += seed.at("seconds").get<double>();
    sampling += seed.at("sampling_error").get<double>() / static_cast<double>(seeds.size());
    runs.push_back(seed);
  }
  for (const std::string& name : job.task.metrics) {
    std::vector<double> values;
    for (const Json& seed : seeds) values.push_back(seed.at("metrics").at(name));
    metrics[name] = spread_json(values);
  }
  const auto best = static_cast<size_t>(std::max_element(dev.begin(), dev.end()) - dev.begin());
  Json test_scores = spread_json(test);
  test_scores["sampling_error"] = sampling;
  test_scores["metrics"] = std::move(metrics);
  return {
      {"task", job.task.name},
      {"model", job.random_weights ? str("random weights in the shape of ", job.model.string()) : job.model.string()},
      {"metric", job.task.metric()},
      {"dev", spread_json(dev)},
      {"test", std::move(test_scores)},
      {"best_seed", seeds[best].at("seed")},
      {"runs", runs},
      {"data", sizes},
      {"settings", job.settings},
      {"protocol", protocol(options)},
      {"seconds", seconds}};
}

void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  fs::remove_all(to, ignored);
  base::rename_path(from, to);
}

}  // namespace

std::string prediction_file(std::string_view split, uint64_t seed) { return str(split, "-seed", seed, ".jsonl"); }

Json finetune(const FinetuneJob& job) {
  TrialData data({job.task, job.model, job.data, job.random_weights, job.device}, job.options.splits);
  FinetuneOptions options = data.resolved(job.options);
  const fs::path seeds_folder = job.output / "seeds";
  claim_seeds(seeds_folder, job.settings);
  if (job.search.kind != "none") {
    options = search_settings(data, options, job.search, job.first_seed, seeds_folder / "search");
  }
  std::vector<Json> results;
  for (int64_t i = 0; i < job.seeds; ++i) {
    const uint64_t seed = job.first_seed + static_cast<uint64_t>(i);
    const fs::path dir = seeds_folder / str("seed-", seed);
    if (!fs::exists(dir / "result.json")) {
      base::PartialFolder folder(dir);
      run_seed(data, job, options, seed, folder.path());
      folder.commit();
    }
    results.push_back(base::read_json(dir / "result.json"));
  }
  const Json out = results_of(job, options, results, data.sizes(options));
  base::make_directories(job.output / "predictions");
  for (const Json& result : results) {
    const auto seed = result.at("seed").get<uint64_t>();
    for (const char* split : {"dev", "test"}) {
      const fs::path name = prediction_file(split, seed), made = seeds_folder / str("seed-", seed) / name;
      base::write_file_atomic(job.output / "predictions" / name, base::MappedFile(made).bytes());
    }
  }
  const auto best = out.at("best_seed").get<uint64_t>();
  const Predicted predicted = read_predictions(job.output / "predictions" / prediction_file("test", best), job.task);
  write_finetune_report(job.output / "report.html", job, out, data.splits()[Split::kTest], predicted.predictions);
  move_into_place(seeds_folder / str("seed-", best) / "model", job.output / "model");
  if (job.search.kind != "none") move_into_place(seeds_folder / "search/search.json", job.output / "search.json");
  base::write_json(job.output / "results.json", out);
  std::error_code ignored;
  fs::remove_all(seeds_folder, ignored);
  return out;
}

}  // namespace lmkor::task
