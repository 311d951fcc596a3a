#include "lmkor/task/score_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/report/report.h"
#include "lmkor/task/finetune.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/predictions.h"
#include "lmkor/task/published.h"
#include "lmkor/task/resample.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::fixed;
using base::Json;
using base::str;

namespace {

// The test rows of each seed of a run. `ids` is filled by the first run of a task and must be the same in the others.
Runs rows_of(const TableRun& run, const Json& results, std::vector<std::string>& ids) {
  const Metric& metric = find_metric(run.task->metric());
  Runs out;
  for (const Json& seed : results.at("runs")) {
    const fs::path file = run.folder / "predictions" / prediction_file("test", seed.at("seed").get<uint64_t>());
    const Predicted predicted = read_predictions(file, *run.task);
    std::vector<std::string> own;
    for (const Example& example : predicted.examples) own.push_back(example.id);
    if (ids.empty()) ids = own;
    if (own != ids) {
      throw base::Error(base::ErrorKind::kData,
                        str(file.string(), ": other test examples than in the run before; compare models on one file"));
    }
    out.push_back(metric.rows(*run.task, predicted.examples, predicted.predictions));
  }
  return out;
}

Json comparison_json(const std::string& a, const std::string& b, const Comparison& found) {
  return {{"a", a},
          {"b", b},
          {"difference", found.difference},
          {"ci95", {found.low, found.high}},
          {"p_permutation", found.p_permutation}};
}

Json task_table(const Task& task, const std::vector<const TableRun*>& runs) {
  const Metric& metric = find_metric(task.metric());
  Json cells = Json::object();
  std::vector<Runs> rows;
  std::vector<std::string> ids;
  std::string data;
  size_t best = 0;
  double best_mean = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    const Json results = base::read_json(runs[i]->folder / "results.json");
    rows.push_back(rows_of(*runs[i], results, ids));
    Json cell = results.at("test");
    cell["best"] = false;
    const double mean = cell.at("mean");
    if (i == 0 || mean > best_mean) {
      best = i;
      best_mean = mean;
    }
    cells[runs[i]->model] = std::move(cell);
    data = data_difference(task, results.at("data"));
  }
  // Each against the best one: it keeps its mark unless both tests say that it is worse.
  std::vector<Comparison> against;
  std::vector<double> p_values;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i == best) continue;
    against.push_back(compare(metric, rows[best], rows[i]));
    p_values.push_back(against.back().p_permutation);
  }
  const std::vector<double> adjusted = holm(p_values);
  Json differences = Json::array();
  for (size_t i = 0, k = 0; i < runs.size(); ++i) {
    Json& cell = cells[runs[i]->model];
    if (i == best) {
      cell["best"] = true;
      continue;
    }
    const bool differs = adjusted[k] < 0.05 && (against[k].low > 0 || against[k].high < 0);
    cell["best"] = !differs;
    differences.push_back(comparison_json(runs[best]->model, runs[i]->model, against[k]));
    differences.back()["p_holm"] = adjusted[k];
    differences.back()["differs"] = differs;
    ++k;
  }
  Json published = Json::object();
  for (const PublishedModel& model : published_models()) {
    for (const PublishedCell& cell : model.cells) {
      if (cell.task == task.name)
        published[model.name] = {{"score", cell.score}, {"second", cell.second}, {"source", model.sources}};
    }
  }
  return {{"task", task.name},
          {"metric", metric.name},
          {"metric_title", metric.title},
          {"examples", ids.size()},
          {"data_difference", data},
          {"cells", std::move(cells)},
          {"differences", std::move(differences)},
          {"published", std::move(published)}};
}

std::string percent(const Json& share) { return fixed(100 * share.get<double>(), 2); }

// "90.12 ± 0.21": bold where none is better.
std::string cell_text(const Json& cell, bool bold) {
  std::string text = percent(cell.at("mean"));
  if (cell.at("seeds").size() > 1) text += str(" ± ", percent(cell.at("std")));
  return bold && cell.at("best").get<bool>() ? str("**", text, "**") : text;
}

std::vector<std::string> models_of(const Json& table) {
  std::vector<std::string> out;
  for (const Json& task : table.at("tasks")) {
    for (const auto& [model, _] : task.at("cells").items()) {
      if (std::find(out.begin(), out.end(), model) == out.end()) out.push_back(model);
    }
  }
  return out;
}

std::string mark(const Json& task) { return task.at("data_difference").get<std::string>().empty() ? "‡" : "†"; }

report::Table published_layout(const Json& table, bool markdown) {
  report::Table out{.headers = {"model"}};
  for (const Json& task : table.at("tasks"))
    out.headers.push_back(
        str(task.at("task").get<std::string>(), " (", task.at("metric_title").get<std::string>(), ")"));
  for (const std::string& model : models_of(table)) {
    std::vector<std::string> row = {model};
    for (const Json& task : table.at("tasks")) {
      const Json& cells = task.at("cells");
      row.push_back(!cells.contains(model) ? ""
                    : markdown
                        ? cell_text(cells.at(model), true)
                        : str(cell_text(cells.at(model), false), cells.at(model).at("best").get<bool>() ? " *" : ""));
    }
    out.rows.push_back(std::move(row));
  }
  for (const PublishedModel& model : published_models()) {
    std::vector<std::string> row = {str(model.name, " [", model.sources, "]")};
    bool any = false;
    for (const Json& task : table.at("tasks")) {
      const Json& published = task.at("published");
      std::string cell;
      if (published.contains(model.name)) {
        const Json& own = published.at(model.name);
        if (own.at("second").get<double>() >= 0) cell = str(percent(own.at("second")), "/");
        cell += str(percent(own.at("score")), " ", mark(task));
        any = true;
      }
      row.push_back(std::move(cell));
    }
    if (any) out.rows.push_back(std::move(row));
  }
  return out;
}

std::vector<std::string> notes(const Json& table, const char* best) {
  std::vector<std::string> out = {
      str("Scores in %, mean ± standard deviation over seeds. ", best,
          ": the best, and all that do not differ from it (approximate randomisation with Holm's correction and paired "
          "bootstrap, 5 %)."),
      "Every epoch is chosen on dev, and test is scored once. Published scores were made otherwise (‡), and where the "
      "data differ too (†) they do not compare."};
  for (const Json& task : table.at("tasks")) {
    const auto data = task.at("data_difference").get<std::string>();
    if (!data.empty() && !task.at("published").empty())
      out.push_back(str("† ", task.at("task").get<std::string>(), ": ", data, "."));
  }
  for (const PublishedSource& source : published_sources())
    out.push_back(str("[", source.letter, "] ", source.text, ": ", source.protocol, "."));
  return out;
}

report::Table details(const Json& table) {
  report::Table out{.headers = {"task", "model", "mean", "95 % interval over seeds", "sampling error", "seeds"},
                    .alignment = "llrrrl"};
  for (const Json& task : table.at("tasks")) {
    for (const auto& [model, cell] : task.at("cells").items()) {
      std::vector<std::string> seeds;
      for (const Json& seed : cell.at("seeds")) seeds.push_back(percent(seed));
      out.rows.push_back({task.at("task").get<std::string>(), model, percent(cell.at("mean")),
                          str(percent(cell.at("ci95")[0]), " to ", percent(cell.at("ci95")[1])),
                          str("± ", percent(cell.at("sampling_error"))), base::join(seeds, ", ")});
    }
  }
  return out;
}

report::Table differences(const Json& table) {
  report::Table out{.headers = {"task", "best", "other", "difference", "95 % interval", "p", "p (Holm)", "differs"},
                    .alignment = "lllrrrrl"};
  for (const Json& task : table.at("tasks")) {
    for (const Json& row : task.at("differences")) {
      out.rows.push_back({task.at("task").get<std::string>(), row.at("a").get<std::string>(),
                          row.at("b").get<std::string>(), percent(row.at("difference")),
                          str(percent(row.at("ci95")[0]), " to ", percent(row.at("ci95")[1])),
                          fixed(row.at("p_permutation").get<double>(), 4), fixed(row.at("p_holm").get<double>(), 4),
                          row.at("differs").get<bool>() ? "yes" : "no"});
    }
  }
  return out;
}

std::string markdown(const report::Table& table) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) { out += str("| ", base::join(cells, " | "), " |\n"); };
  line(table.headers);
  line(std::vector<std::string>(table.headers.size(), "---"));
  for (const auto& row : table.rows) line(row);
  return out;
}

}  // namespace

std::string data_difference(const Task& task, const Json& sizes) {
  std::vector<std::string> out;
  const std::pair<const char*, int64_t> official[] = {
      {"train", task.official.train}, {"dev", task.official.dev}, {"test", task.official.test}};
  for (const auto& [split, rows] : official) {
    int64_t own = sizes.at(split).at("examples").get<int64_t>();
    if (std::string_view(split) == "train" && sizes.at("dev").value("carved", false))
      own += sizes.at("dev").at("examples").get<int64_t>();
    if (rows > 0 && own != rows) out.push_back(str(split, " ", base::grouped(own), " rows of ", base::grouped(rows)));
  }
  return base::join(out, ", ");
}

Json score_table(const std::vector<TableRun>& runs) {
  std::vector<std::pair<const Task*, std::vector<const TableRun*>>> by_task;
  for (const TableRun& run : runs) {
    auto found = std::find_if(by_task.begin(), by_task.end(), [&](const auto& row) { return row.first == run.task; });
    if (found == by_task.end()) found = by_task.insert(by_task.end(), {run.task, {}});
    found->second.push_back(&run);
  }
  Json tasks = Json::array();
  for (const auto& [task, own] : by_task) tasks.push_back(task_table(*task, own));
  return {{"tasks", std::move(tasks)}};
}

std::string table_markdown(const Json& table) {
  std::string out = markdown(published_layout(table, true));
  for (const std::string& note : notes(table, "Bold")) out += str("\n", note, "\n");
  out += str("\n", markdown(details(table)));
  if (const report::Table pairs = differences(table); !pairs.rows.empty()) out += str("\n", markdown(pairs));
  return out;
}

void write_table_report(const fs::path& path, const Json& table) {
  report::Report page("Scores", "fine-tuned models by task, beside published ones");
  page.section("Scores");
  page.table(published_layout(table, false));
  for (const std::string& note : notes(table, "*")) page.paragraph(note);
  page.section("Uncertainty");
  page.table(details(table));
  if (const report::Table pairs = differences(table); !pairs.rows.empty()) {
    page.section("Differences from the best");
    page.table(pairs);
  }
  page.write(path);
}

}  // namespace lmkor::task
