#include "lmkor/task/suite.h"

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/task/finetune.h"
#include "lmkor/task/score_table.h"
#include "lmkor/train/checkpoint.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

// Whether `folder` holds a finished run with these settings. Throws kIncompatible where it has others.
bool is_finished(const fs::path& folder, const Json& settings) {
  if (!fs::exists(folder / "results.json")) return false;
  const std::string differing =
      train::setting_differences(base::read_json(folder / "results.json").at("settings"), settings);
  if (differing.empty()) return true;
  throw base::Error(base::ErrorKind::kIncompatible,
                    str(folder.string(), ": this run was made with other settings:", differing,
                        "\ngo on with the same ones, remove that folder, or begin again with --force"));
}

}  // namespace

Json run_suite(const SuiteJob& job) {
  std::vector<TableRun> runs;
  const size_t count = job.models.size() * job.tasks.size();
  for (const Task& task : job.tasks) {
    for (const SuiteModel& model : job.models) {
      const fs::path folder = job.output / "runs" / model.name / task.name;
      Json settings = job.settings;
      settings["model"] = model.folder.string();
      settings["task"] = task.name;
      runs.push_back({model.name, &task, folder});
      const std::string what = str(runs.size(), " of ", count, ": ", model.name, " on ", task.name);
      if (is_finished(folder, settings)) {
        base::log_info(str(what, ", finished before"));
        continue;
      }
      base::log_info(what);
      base::make_directories(folder);
      finetune({.task = task,
                .model = model.folder,
                .data = task_folder(job.data, task),
                .output = folder,
                .options = job.options,
                .search = {},
                .first_seed = job.first_seed,
                .seeds = job.seeds,
                .device = job.device,
                .settings = settings});
    }
  }
  const Json table = score_table(runs);
  base::write_file_atomic(job.output / "table.md", table_markdown(table));
  write_table_report(job.output / "report.html", table);
  base::write_json(job.output / "table.json", table);
  return table;
}

}  // namespace lmkor::task
