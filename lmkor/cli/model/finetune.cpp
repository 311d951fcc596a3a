// lmkor finetune: a pretrained model and a labelled task to scores and a fine-tuned model.
#include <ATen/Parallel.h>

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/hub/cache.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/finetune.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct Options {
  std::string model, task, data, output;
  int64_t seeds = 3;
  bool random_weights = false;
  task::SearchOptions search;
  task::FinetuneOptions finetune;

  void fields(config::Fields& f) {
    f.add("model", model, "model folder or run to start from", config::required());
    f.add("task", task, str("what to learn: ", base::join(task::task_names(), ", "), ", or a TOML file of your own"),
          config::required());
    f.add("data", data, "folder with the task's files (train.tsv, dev.tsv, test.tsv), or the folder above it",
          config::required());
    f.add("output", output, "folder of the run; one that was stopped goes on with the next seed", config::required());
    f.add("seeds", seeds, "runs with different seeds, from --seed on", config::at_least(1));
    f.add("random_weights", random_weights, "take only the shape of the model: what pretraining is worth");
    f.include(search);
    f.group("finetune", finetune);
  }
};

std::vector<fs::path> task_files(const fs::path& data, const task::Task& task) {
  std::vector<fs::path> out;
  for (const task::Split split : {task::Split::kTrain, task::Split::kDev, task::Split::kTest}) {
    if (const auto file = task::split_file(data, task, split)) out.push_back(*file);
  }
  return out;
}

std::string summary(const std::string& output, const Json& results) {
  const Json& test = results["test"];
  std::string text = str(output, ": ", results["task"].get<std::string>(), " ", results["metric"].get<std::string>(),
                         " on test ", base::fixed(test["mean"].get<double>(), 4));
  if (results["runs"].size() > 1) {
    text +=
        str(" ± ", base::fixed(test["std"].get<double>(), 4), " (", results["runs"].size(), " seeds; 95 % interval ",
            base::fixed(test["ci95"][0].get<double>(), 4), " to ", base::fixed(test["ci95"][1].get<double>(), 4), ")");
  }
  return str(text, ", on dev ", base::fixed(results["dev"]["mean"].get<double>(), 4), ", in ",
             base::human_seconds(results["seconds"].get<double>()),
             "\n  model: ", (fs::path(output) / "model").string(), "\n");
}

}  // namespace

int run_finetune(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  at::set_num_threads(call.threads());
  const task::Task task = task::load_task(options.task, options.data);
  const fs::path output = options.output;
  const bool is_stopped = fs::exists(output / "seeds") && !fs::exists(output / "results.json");
  if (!is_stopped || call.common.force) call.claim_output(output);

  task::FinetuneJob job{.task = task,
                        .model = hub::find_model(options.model),
                        .data = task::task_folder(options.data, task),
                        .output = output,
                        .options = options.finetune,
                        .search = options.search,
                        .random_weights = options.random_weights,
                        .first_seed = static_cast<uint64_t>(call.common.seed),
                        .seeds = options.seeds,
                        .device = call.common.device,
                        .settings = deciding_settings(call.fields(), {"finetune."},
                                                      {"seed", "random_weights", "model", "task", "data", "search",
                                                       "search_space", "search_trials"})};
  base::make_directories(output);
  call.write_run_files(output, task_files(job.data, task), {job.model});
  Json results = task::finetune(job);
  results["output"] = options.output;
  call.result(results, summary(options.output, results));
  return 0;
}

}  // namespace lmkor::cli
