// lmkor evaluate: the score of a fine-tuned model on a labelled file.
#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/model/config.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/evaluate.h"
#include "lmkor/task/noise.h"
#include "lmkor/train/precision.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::string model, task, data, predictions;
  int64_t max_length = 0;
  std::vector<std::string> noise;
  double noise_share = 0.3;
  std::string precision = "fp32";

  void fields(config::Fields& f) {
    f.add("model", model, "fine-tuned model folder or run", config::required());
    f.add("task", task,
          str("what it has learnt: ", base::join(task::task_names(), ", "), ", or a TOML file of your own"),
          config::required());
    f.add("data", data, "labelled file, in the task's columns", config::required());
    f.add("predictions", predictions, "file to write each prediction to, as JSON lines");
    f.add("max_length", max_length, "tokens of an input; 0: the task's own", config::at_least(0));
    f.add("precision", precision, "type of matrices and activations", config::one_of(train::precision_names()));
    f.add("noise", noise,
          str("also score with noise in the text: all, or some of ", base::join(task::noise_names(), ", ")));
    f.add("noise_share", noise_share, "share of the words that noise touches", config::share());
  }
};

// "all" means every kind that the task can have.
std::vector<std::string> noise_kinds(const task::Task& task, const std::vector<std::string>& asked) {
  if (asked != std::vector<std::string>{"all"}) return asked;
  std::vector<std::string> out;
  for (const task::NoiseKind& kind : task::noise_kinds()) {
    if (task.kind != task::Kind::kTags || !kind.joins_words) out.emplace_back(kind.name);
  }
  return out;
}

}  // namespace

int run_evaluate(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  at::set_num_threads(call.threads());
  const fs::path model = hub::find_model(options.model);
  const task::Task task =
      task::load_task(options.task, fs::path(options.data).parent_path(), model::read_config_extras(model).labels);
  if (fs::is_directory(options.data)) {
    throw base::Error(base::ErrorKind::kUsage,
                      str("--data: got the folder ", options.data, ", expected a file such as ",
                          (fs::path(options.data) / "test.tsv").string()));
  }
  if (!options.predictions.empty()) call.claim_output(options.predictions, "predictions");
  const base::Json result = task::evaluate({.task = task,
                                            .model = model,
                                            .file = options.data,
                                            .max_length = options.max_length,
                                            .precision = options.precision,
                                            .device = call.common.device,
                                            .predictions = options.predictions,
                                            .noise = noise_kinds(task, options.noise),
                                            .noise_share = options.noise_share,
                                            .seed = static_cast<uint64_t>(call.common.seed)});
  std::string text = str(result["metric"].get<std::string>(), " ", base::fixed(result["score"].get<double>(), 4),
                         " of ", base::grouped(result["examples"].get<int64_t>()), " examples (sampling error ± ",
                         base::fixed(result["sampling_error"].get<double>(), 4), ")\n");
  if (result.contains("noise")) {
    for (const auto& [kind, row] : result["noise"].items()) {
      text += str("  with ", kind, ": ", base::fixed(row["score"].get<double>(), 4), " (",
                  base::fixed(-row["loss"].get<double>(), 4), "; ", base::grouped(row["changed"].get<int64_t>()),
                  " examples changed)\n");
    }
  }
  call.result(result, text);
  return 0;
}

}  // namespace lmkor::cli
