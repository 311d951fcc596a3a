// lmkor suite: every task, model and seed, and the table of their scores.
#include <algorithm>

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/score_table.h"
#include "lmkor/task/suite.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::vector<std::string> models, tasks;
  std::string data, output;
  int64_t seeds = 3;
  task::FinetuneOptions finetune;

  void fields(config::Fields& f) {
    f.add("model", models, "model folders or runs, each as DIR or NAME=DIR", config::required());
    f.add("tasks", tasks,
          str("which tasks, TOML files of your own among them; left out: those that --data has of ",
              base::join(task::task_names(), ", ")));
    f.add("data", data, "folder above the tasks' folders", config::required());
    f.add("output", output, "folder of the suite; the same command goes on where it was stopped", config::required());
    f.add("seeds", seeds, "runs with different seeds, from --seed on", config::at_least(1));
    f.group("finetune", finetune);
  }
};

std::vector<task::SuiteModel> models_of(const std::vector<std::string>& given) {
  std::vector<task::SuiteModel> out;
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    fs::path folder = equals == std::string::npos ? text : text.substr(equals + 1);
    std::string name =
        equals == std::string::npos ? (folder / "").parent_path().filename().string() : text.substr(0, equals);
    if (name == "model" && equals == std::string::npos)
      name = (folder / "").parent_path().parent_path().filename().string();
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const task::SuiteModel& model) { return model.name == name; });
    if (known || name.empty() || name.find('/') != std::string::npos) {
      throw base::Error(base::ErrorKind::kUsage,
                        str("--model: got ", text, known ? ", a second model named \"" : ", named \"", name,
                            "\"; give it a name of its own as NAME=", folder.string()));
    }
    out.push_back({std::move(name), hub::find_model(folder)});
  }
  return out;
}

std::vector<task::Task> tasks_of(const std::vector<std::string>& names, const fs::path& data) {
  std::vector<task::Task> out;
  for (const std::string& name : names) out.push_back(task::load_task(name, data));
  for (const task::Task& task : task::tasks()) {
    const fs::path folder = data / task.folder_name();
    if (names.empty() && task::split_file(folder, task, task::Split::kTrain)) out.push_back(task);
  }
  if (out.empty()) {
    throw base::Error(base::ErrorKind::kNotFound, str(data.string(), ": no task's folder in it, expected some of ",
                                                      base::join(task::task_names(), ", ")));
  }
  return out;
}

}  // namespace

int run_suite(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  at::set_num_threads(call.threads());
  const fs::path output = options.output;
  task::SuiteJob job{.tasks = tasks_of(options.tasks, options.data),
                     .models = models_of(options.models),
                     .data = options.data,
                     .output = output,
                     .options = options.finetune,
                     .first_seed = static_cast<uint64_t>(call.common.seed),
                     .seeds = options.seeds,
                     .device = call.common.device,
                     .settings = deciding_settings(call.fields(), {"finetune."}, {"seed", "seeds", "data"})};
  const bool goes_on = fs::exists(output / "runs");
  if (!goes_on || call.common.force) call.claim_output(output);
  base::make_directories(output);
  std::vector<fs::path> parents;
  for (const task::SuiteModel& model : job.models) parents.push_back(model.folder);
  call.write_run_files(output, {}, parents);
  base::Json table = task::run_suite(job);
  const std::string text = task::table_markdown(table);
  table["output"] = options.output;
  call.result(table, text);
  return 0;
}

}  // namespace lmkor::cli
