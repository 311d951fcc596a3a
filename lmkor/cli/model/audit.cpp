// lmkor audit: the quality of a labelled data set; lmkor audit apply: a corrected copy of it.
#include "lmkor/audit/audit.h"

#include <algorithm>
#include <map>

#include "lmkor/audit/apply.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/tsv.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::string task, data, output, model;
  std::vector<std::string> corpus, fail_on;
  audit::AuditOptions settings;

  void fields(config::Fields& f) {
    f.add("task", task, str("whose data: ", base::join(task::task_names(), ", "), ", or a TOML file of your own"),
          config::required());
    f.add("data", data, "folder with the task's files, or the folder above it", config::required());
    f.add("output", output, "folder for audit.json, issues.tsv and report.html", config::required());
    f.add("model", model, "a pretrained model whose vectors join the n-grams; not one that learnt these labels");
    f.add("corpus", corpus, "pretraining text to look for the examples in: files or folders");
    f.add("fail_on", fail_on,
          "figures with a limit, as label_noise=0.05; a greater one (of consistency and "
          "score_ceiling a smaller one) ends with exit code 1");
    f.include(settings);
  }
};

struct ApplyOptions {
  std::string task, data, issues, output;

  void fields(config::Fields& f) {
    f.add("task", task, "whose data", config::required());
    f.add("data", data, "folder with the task's files, or the folder above it", config::required());
    f.add("issues", issues, "issues.tsv of an audit, its column action filled with relabel or drop",
          config::required());
    f.add("output", output, "folder for the corrected files", config::required());
  }
};

// What is beyond its limit, one line each. Throws kUsage for a figure that the audit does not have.
std::vector<std::string> beyond_limits(const base::Json& summary, const std::vector<std::string>& limits) {
  std::vector<std::string> out, names;
  for (const auto& [name, figure] : summary.items()) {
    if (figure.at("value").is_number()) names.push_back(name);
  }
  for (const std::string& text : limits) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos || std::find(names.begin(), names.end(), name) == names.end()) {
      throw base::Error(
          base::ErrorKind::kUsage,
          str("--fail-on: got \"", text, "\", expected FIGURE=LIMIT with one of ", base::join(names, ", ")));
    }
    const double limit = task::number(text.substr(equals + 1), name, {-1e300, 1e300}, "--fail-on", 1);
    const double value = summary.at(name).at("value");
    const bool higher_is_better = name == "consistency" || name == "score_ceiling";
    if (higher_is_better ? value < limit : value > limit)
      out.push_back(str(name, " is ", base::fixed(value, 4), ", limit ", limit));
  }
  return out;
}

}  // namespace

int run_audit(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const task::Task task = task::load_task(options.task, options.data);
  const fs::path output = options.output;
  call.claim_output(output);
  const audit::AuditJob job{.task = task,
                            .data = task::task_folder(options.data, task),
                            .corpus = options.corpus,
                            .model = options.model.empty() ? fs::path() : hub::find_model(options.model),
                            .device = call.common.device,
                            .options = options.settings,
                            .seed = static_cast<uint64_t>(call.common.seed),
                            .threads = call.threads()};
  const audit::Audit found = audit::audit(job);
  const std::vector<std::string> beyond = beyond_limits(found.summary, options.fail_on);
  audit::write_audit(found, job, output);
  call.write_run_files(output, {}, {});
  std::map<std::string, size_t> counts;
  for (const audit::Finding& row : found.findings) ++counts[row.kind];
  std::string text = str(output.string(), "/issues.tsv:");
  for (const auto& [kind, count] : counts) text += str(" ", count, " ", kind);
  text += "\n";
  for (const auto& [name, figure] : found.summary.items()) {
    if (!figure.at("value").is_number()) continue;
    text += str("  ", name, " ", base::fixed(figure.at("value").get<double>(), 4));
    if (figure.contains("interval"))
      text += str(" (", base::fixed(figure["interval"][0].get<double>(), 4), " to ",
                  base::fixed(figure["interval"][1].get<double>(), 4), ")");
    text += "\n";
  }
  for (const std::string& line : beyond) text += str("beyond its limit: ", line, "\n");
  call.result({{"output", options.output}, {"summary", found.summary}, {"beyond_limits", beyond}}, text);
  return beyond.empty() ? 0 : 1;
}

int run_audit_apply(Invocation& call) {
  ApplyOptions options;
  if (!call.parse(options)) return 0;
  const task::Task task = task::load_task(options.task, options.data);
  call.claim_output(options.output);
  const base::Json result =
      audit::apply_issues(task, task::task_folder(options.data, task), options.issues, options.output);
  call.result(result, str(options.output, ": ", result["relabelled"].get<size_t>(), " examples relabelled, ",
                          result["dropped"].get<size_t>(), " left out\n"));
  return 0;
}

}  // namespace lmkor::cli
