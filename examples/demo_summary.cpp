// demo_summary DIR: what the demo in DIR came to, as a short table on standard output and as DIR/report.html, which
// links the reports of the stages. Reads only files that lmkor documents, so it also shows how to use them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/report/report.h"

namespace {

namespace fs = std::filesystem;
using namespace lmkor;
using base::grouped;
using base::Json;
using base::str;

struct Row {
  std::string name, value, note;
};

struct Stage {
  std::string name;
  double seconds;
};

const char* const kStages[] = {"data",     "corpus",   "vocab",           "shards",
                               "pretrain", "finetune", "finetune-random", "evaluate"};

std::string first_line(const fs::path& path) {
  std::string text = base::read_file(path);
  return text.substr(0, text.find('\n'));
}

std::vector<Stage> stages_of(const fs::path& dir) {
  std::vector<Stage> stages;
  for (const char* name : kStages) {
    const fs::path path = dir / ".stages" / str(name, ".seconds");
    if (fs::exists(path)) stages.push_back({name, std::stod(first_line(path))});
  }
  return stages;
}

std::string amount(const Json& json) {
  return str(grouped(json.at("documents").get<int64_t>()), " documents, ",
             base::human_bytes(json.at("bytes").get<double>()));
}

void add_corpus(const fs::path& dir, std::vector<Row>& rows) {
  const Json stages = base::read_json(dir / "corpus/manifest.json").at("stages");
  rows.push_back({"raw text", amount(stages.front().at("in")), ""});
  for (const Json& stage : stages) {
    for (const auto& [reason, removed] : stage.at("removed").items()) {
      if (removed.at("bytes").get<double>() == 0) continue;
      rows.push_back({str("removed: ", reason), amount(removed), stage.at("name").get<std::string>()});
    }
  }
  rows.push_back({"corpus", amount(stages.back().at("out")), ""});
}

void add_vocabulary(const fs::path& dir, std::vector<Row>& rows) {
  int64_t pieces = 0, unused = 0;
  std::ifstream file(dir / "vocab/vocab.txt");
  for (std::string line; std::getline(file, line); ++pieces) unused += line.starts_with("[unused");
  rows.push_back({"vocabulary", str(grouped(pieces), " pieces"), str("of them ", grouped(unused), " unused")});
  const Json shards = base::read_json(dir / "shards/manifest.json");
  rows.push_back({"tokens", grouped(shards.at("tokens").get<int64_t>()),
                  str(base::fixed(shards.at("text_bytes").get<double>() / shards.at("tokens").get<double>(), 2),
                      " bytes of text a token")});
}

std::vector<Json> lines_of(const fs::path& path) {
  std::vector<Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(base::parse_json(line, path.string()));
  if (lines.empty()) throw base::Error(base::ErrorKind::kData, str(path.string(), ": no line in it"));
  return lines;
}

void add_losses(const std::vector<Json>& metrics, std::vector<Row>& rows) {
  for (const auto& [key, value] : metrics.back().items()) {
    const bool loss = key == "loss" || key.ends_with("_loss");
    if (!loss || !value.is_number()) continue;
    const Json& first = metrics.front();
    rows.push_back({key, base::fixed(value.get<double>(), 3),
                    first.contains(key) ? str("from ", base::fixed(first.at(key).get<double>(), 3)) : ""});
  }
  rows.push_back({"pretraining", str(grouped(metrics.back().at("step").get<int64_t>()), " steps"),
                  str(grouped(metrics.back().at("tokens").get<int64_t>()), " tokens")});
}

// "0.8612 ± 0.0010"
std::string score(const Json& results) {
  return str(base::fixed(results.at("test").at("mean").get<double>(), 4), " ± ",
             base::fixed(results.at("test").at("std").get<double>(), 4));
}

void add_scores(const fs::path& dir, std::vector<Row>& rows) {
  const Json results = base::read_json(dir / "finetune/results.json");
  const std::string metric = str(results.at("task").get<std::string>(), " ", results.at("metric").get<std::string>());
  const size_t seeds = results.at("test").at("seeds").size();
  const std::string note = str("mean and standard deviation of ", seeds, " seeds on test");
  rows.push_back({metric, score(results), note});
  const fs::path random = dir / "finetune-random/results.json";
  if (fs::exists(random)) {
    const Json baseline = base::read_json(random);
    const double gain = results.at("test").at("mean").get<double>() - baseline.at("test").at("mean").get<double>();
    rows.push_back(
        {"  from random weights", score(baseline), str("pretraining gives ", base::fixed(100 * gain, 2), " points")});
  }
}

void write_page(const fs::path& dir, const std::vector<Row>& rows, const std::vector<Stage>& stages,
                const std::vector<Json>& metrics, const std::string& load) {
  report::Report page("From raw text to a score", str("the demo in ", dir.string()));
  page.section("Results");
  report::Table table{.headers = {"what", "figure", "note"}, .alignment = "lrl"};
  for (const Row& row : rows) table.rows.push_back({row.name, row.value, row.note});
  page.table(table);
  page.section("Loss");
  // The masked language model's loss: of BERT the loss itself, of ELECTRA its generator's.
  const std::string key = metrics.back().contains("masked_lm_loss") ? "masked_lm_loss" : "loss";
  report::LineChart chart{
      .title = "Masked language model while pretraining", .x_label = "step", .y_label = "nats per predicted token"};
  for (const auto& [name, label] : {std::pair(key, "training"), std::pair(str("validation_", key), "held out")}) {
    report::Series series{.name = label};
    for (const Json& line : metrics) {
      if (!line.contains(name)) continue;
      series.x.push_back(line.at("step").get<double>());
      series.y.push_back(line.at(name).get<double>());
    }
    if (!series.x.empty()) chart.series.push_back(series);
  }
  page.line_chart(chart);
  page.section("Time");
  report::BarChart time{.title = "Where the time went", .value_label = "minutes"};
  time.series.push_back({.name = "minutes"});
  for (const Stage& stage : stages) {
    time.categories.push_back(stage.name);
    time.series[0].values.push_back(stage.seconds / 60);
  }
  page.bar_chart(time);
  page.section("Reports of the stages");
  std::vector<report::Link> links;
  for (const char* name : {"corpus", "vocab", "pretrain", "finetune", "finetune-random"}) {
    if (fs::exists(dir / name / "report.html")) links.push_back({name, str(name, "/report.html")});
  }
  page.links(links);
  page.section("Using the model");
  page.code(load);
  page.write(dir / "report.html");
}

// Display width of `text` on a terminal: continuation bytes take none.
size_t columns(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_rows(const std::vector<Row>& rows) {
  size_t name_width = 0, value_width = 0;
  for (const Row& row : rows) {
    name_width = std::max(name_width, columns(row.name));
    value_width = std::max(value_width, columns(row.value));
  }
  for (const Row& row : rows) {
    std::cout << row.name << std::string(name_width - columns(row.name) + 2, ' ')
              << std::string(value_width - columns(row.value), ' ') << row.value
              << (row.note.empty() ? "" : "  " + row.note) << "\n";
  }
}

void summarise(const fs::path& dir) {
  std::vector<Row> rows;
  add_corpus(dir, rows);
  add_vocabulary(dir, rows);
  const std::vector<Json> metrics = lines_of(dir / "pretrain/metrics.jsonl");
  add_losses(metrics, rows);
  add_scores(dir, rows);
  const std::vector<Stage> stages = stages_of(dir);
  double seconds = 0;
  std::vector<std::string> parts;
  for (const Stage& stage : stages) {
    seconds += stage.seconds;
    parts.push_back(str(stage.name, " ", base::human_seconds(stage.seconds)));
  }
  rows.push_back({"time", str(base::fixed(seconds / 60, 1), " minutes"), base::join(parts, ", ")});
  const std::string model = (dir / "pretrain/model").string();
  const std::string load =
      str("from transformers import AutoModel, AutoTokenizer\nmodel = AutoModel.from_pretrained(\"", model,
          "\")\ntokenizer = AutoTokenizer.from_pretrained(\"", model, "\")\n");
  write_page(dir, rows, stages, metrics, load);
  print_rows(rows);
  std::cout << "\nreport:     " << (dir / "report.html").string() << "\nmodel:      " << model
            << "  (fine-tuned: " << (dir / "finetune/model").string()
            << ")\nload it:    python3 -c 'from transformers import "
            << "AutoModel; AutoModel.from_pretrained(\"" << model << "\")'\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: demo_summary DIR\n";
    return base::info(base::ErrorKind::kUsage).exit_code;
  }
  try {
    summarise(argv[1]);
    return 0;
  } catch (const base::Error& error) {
    std::cerr << "demo_summary: " << error.what() << "\n";
    return base::info(error.kind()).exit_code;
  } catch (const std::exception& error) {
    std::cerr << "demo_summary: " << argv[1] << ": a file of the demo is not as expected: " << error.what() << "\n";
    return base::info(base::ErrorKind::kData).exit_code;
  }
}
