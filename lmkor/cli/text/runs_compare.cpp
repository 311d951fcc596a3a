// lmkor runs compare: the curves, ends and differing settings of several pretraining runs in one report.
#include <fstream>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/report/report.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::str;

struct RunsCompareOptions {
  std::vector<std::string> runs;
  std::string output;

  void fields(config::Fields& f) {
    f.positional("runs", runs, "folders of pretraining runs, finished or not", config::required());
    f.add("output", output, "folder to write report.html and compare.json to; empty: only the result is shown");
  }
};

struct Run {
  std::string name;  // what is different in the paths
  fs::path folder;
  std::vector<Json> lines;                      // of metrics.jsonl
  std::map<std::string, std::string> settings;  // of run.toml, by path
};

// The last figure of this name that was logged; a held-out loss is not in every line.
Json last(const Run& run, const char* key) {
  for (auto line = run.lines.rbegin(); line != run.lines.rend(); ++line) {
    if (line->contains(key)) return line->at(key);
  }
  return {};
}

// "section.key" -> value, of a file that lmkor has written: one value a line.
std::map<std::string, std::string> read_settings(const fs::path& path) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  std::string section;
  for (std::string line; std::getline(file, line);) {
    const size_t equals = line.find(" = ");
    if (line.starts_with('[')) section = str(std::string_view(line).substr(1, line.find(']') - 1), ".");
    if (!line.starts_with('#') && equals != std::string::npos)
      out[section + line.substr(0, equals)] = line.substr(equals + 3);
  }
  return out;
}

Run read_run(const fs::path& folder) {
  const fs::path metrics = folder / "metrics.jsonl";
  if (!fs::is_regular_file(metrics)) {
    throw base::Error(base::ErrorKind::kNotFound,
                      str(folder.string(), ": holds no metrics.jsonl; give the output folder of lmkor pretrain"));
  }
  Run run{.name = {}, .folder = folder, .lines = {}, .settings = read_settings(folder / "run.toml")};
  std::ifstream file(metrics);
  // A line without its end is still being written.
  for (std::string text; std::getline(file, text) && !file.eof();)
    run.lines.push_back(base::parse_json(text, metrics.string()));
  if (run.lines.empty()) {
    throw base::Error(base::ErrorKind::kNotFound, str(metrics.string(), ": no step has been logged yet"));
  }
  return run;
}

// Paths without the folders that all share.
void name_runs(std::vector<Run>& runs) {
  std::vector<std::vector<std::string>> parts;
  for (const Run& run : runs) {
    std::vector<std::string> names;
    for (const fs::path& part : fs::absolute(run.folder).lexically_normal()) {
      if (!part.empty()) names.push_back(part.string());
    }
    parts.push_back(std::move(names));
  }
  size_t shared = 0;
  const auto same = [&](size_t i) {
    for (const auto& names : parts) {
      if (i + 1 >= names.size() || names[i] != parts.front()[i]) return false;
    }
    return true;
  };
  while (same(shared)) ++shared;
  for (size_t i = 0; i < runs.size(); ++i)
    runs[i].name = base::join(std::vector(parts[i].begin() + static_cast<std::ptrdiff_t>(shared), parts[i].end()), "/");
}

// A setting that is not of the run itself but of where it lies.
bool is_a_place(const std::string& path) { return path == "output" || path == "progress" || path == "threads"; }

// path -> value of each run, for settings that are not the same in all.
std::map<std::string, std::vector<std::string>> differing(const std::vector<Run>& runs) {
  std::set<std::string> paths;
  for (const Run& run : runs) {
    for (const auto& [path, value] : run.settings) paths.insert(path);
  }
  std::map<std::string, std::vector<std::string>> out;
  for (const std::string& path : paths) {
    std::vector<std::string> values;
    for (const Run& run : runs) values.push_back(run.settings.contains(path) ? run.settings.at(path) : "-");
    if (!is_a_place(path) && std::set<std::string>(values.begin(), values.end()).size() > 1) out[path] = values;
  }
  return out;
}

struct Figure {
  const char* key;
  const char* name;
  int digits;  // after the point; negative: a whole number
};
constexpr Figure kFigures[] = {
    {"step", "step", -1},
    {"tokens", "tokens", -1},
    {"seconds", "seconds", 0},
    {"tokens_per_second", "tokens per second", 0},
    {"loss", "loss", 3},
    {"masked_lm_loss", "masked LM loss", 3},
    {"validation_loss", "held-out loss", 3},
    {"validation_masked_lm_loss", "held-out masked LM loss", 3},
    {"validation_masked_lm_accuracy", "held-out accuracy", 4},
    {"validation_disc_auc", "held-out AUC of the discriminator", 4},
};

std::string figure_text(const Json& value, int digits) {
  if (!value.is_number()) return "-";
  return digits < 0 ? base::grouped(value.get<int64_t>()) : base::fixed(value.get<double>(), digits);
}

report::LineChart chart(const std::vector<Run>& runs, const char* x, const char* x_label, const char* y,
                        const char* y_label) {
  report::LineChart out{.title = str(y_label, " by ", x), .x_label = x_label, .y_label = y_label};
  for (const Run& run : runs) {
    report::Series series{.name = run.name};
    for (const Json& line : run.lines) {
      if (!line.contains(x) || !line.contains(y)) continue;
      series.x.push_back(line.at(x).get<double>());
      series.y.push_back(line.at(y).get<double>());
    }
    if (!series.x.empty()) out.series.push_back(std::move(series));
  }
  return out;
}

void write_report(const fs::path& path, const std::vector<Run>& runs, const report::Table& ends,
                  const report::Table& settings) {
  report::Report page("Pretraining runs side by side", str(runs.size(), " runs"));
  page.section("Where they ended");
  page.table(ends);
  constexpr std::pair<const char*, const char*> kCurves[] = {
      {"validation_masked_lm_loss", "Held-out masked LM loss"},
      {"masked_lm_loss", "Masked LM loss"},
      {"validation_disc_auc", "Held-out AUC of the discriminator"},
      {"lr", "Learning rate"},
      {"tokens_per_second", "Tokens per second"},
  };
  page.section("Curves");
  for (const auto& [key, name] : kCurves) {
    for (const char* x : {"tokens", "seconds"}) {
      const report::LineChart curves = chart(runs, x, x, key, name);
      if (!curves.series.empty()) page.line_chart(curves);
    }
  }
  page.section("Settings that differ");
  if (settings.rows.empty()) page.paragraph("None: the runs have the same settings.");
  if (!settings.rows.empty()) page.table(settings);
  page.write(path);
}

}  // namespace

int run_runs_compare(Invocation& call) {
  RunsCompareOptions options;
  if (!call.parse(options)) return 0;
  std::vector<Run> runs;
  for (const std::string& folder : options.runs) runs.push_back(read_run(folder));
  name_runs(runs);

  Json json = {{"runs", Json::array()}};
  report::Table ends{.headers = {"figure"}, .caption = "The last line that has each figure."};
  for (const Run& run : runs) {
    Json row = {{"name", run.name}, {"folder", run.folder.string()}};
    for (const Figure& figure : kFigures) {
      if (const Json value = last(run, figure.key); !value.is_null()) row[figure.key] = value;
    }
    json["runs"].push_back(row);
    ends.headers.push_back(run.name);
  }
  std::string text;
  for (const Figure& figure : kFigures) {
    std::vector<std::string> row = {figure.name};
    bool any = false;
    for (const Run& run : runs) {
      const Json value = last(run, figure.key);
      any = any || !value.is_null();
      row.push_back(figure_text(value, figure.digits));
    }
    if (!any) continue;
    text += str(base::join(row, "\t"), "\n");
    ends.rows.push_back(std::move(row));
  }
  report::Table settings{.headers = ends.headers};
  settings.headers.front() = "setting";
  json["differing"] = Json::object();
  for (const auto& [path, values] : differing(runs)) {
    json["differing"][path] = values;
    settings.rows.push_back({path});
    settings.rows.back().insert(settings.rows.back().end(), values.begin(), values.end());
    text += str(base::join(settings.rows.back(), "\t"), "\n");
  }
  if (!options.output.empty()) {
    OutputFolder folder(call, options.output);
    write_report(folder.path() / "report.html", runs, ends, settings);
    base::write_json(folder.path() / "compare.json", json);
    folder.commit();
    text += str((fs::path(options.output) / "report.html").string(), "\n");
  }
  call.result(json, str(base::join(ends.headers, "\t"), "\n", text));
  return 0;
}

}  // namespace lmkor::cli
