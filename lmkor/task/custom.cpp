#include "lmkor/task/custom.h"

#include <algorithm>
#include <set>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/config/toml.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/squad.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct KindName {
  const char* name;
  Kind kind;
  std::vector<std::string> metrics;
};
const std::vector<KindName>& kind_names() {
  static const std::vector<KindName> rows = {
      {"classification", Kind::kClass, {"accuracy", "macro_f1"}},
      {"regression", Kind::kScore, {"spearman", "pearson"}},
      {"multi-label", Kind::kMultiLabel, {"micro_f1", "multi_macro_f1", "set_accuracy"}},
      {"tagging", Kind::kTags, {"entity_f1", "entity_f1_strict", "tag_accuracy"}},
      {"question-answering", Kind::kAnswer, {"char_f1", "exact_match", "word_f1"}}};
  return rows;
}

struct Settings {
  std::string kind = "classification";
  std::string summary;
  std::string text = "text", second_text, label = "label", id;
  std::vector<std::string> labels;
  std::string divider = ",";
  bool symmetric = false;
  double low = -1e300, high = 1e300;
  std::string metric;
  std::string train = "train.tsv", dev = "dev.tsv", test = "test.tsv";
  int64_t epochs = Protocol{}.epochs, batch_size = Protocol{}.batch_size, max_length = Protocol{}.max_length;

  void fields(config::Fields& f) {
    std::vector<std::string> kinds;
    for (const KindName& row : kind_names()) kinds.emplace_back(row.name);
    f.add("kind", kind, "what is predicted", config::one_of(kinds));
    f.add("summary", summary, "one line for people");
    f.add("text", text, "column of the text, or of the question; of tagging: words with blanks between them",
          config::required());
    f.add("second_text", second_text, "column of the second text of a pair, or of the passage");
    f.add("label", label, "column of the label, score, labels, tags or answer", config::required());
    f.add("id", id, "column of an identifier; left out: the line");
    f.add("labels", labels, "labels in the model's order; left out: those of the training file, sorted");
    f.add("divider", divider, "what stands between several labels of a cell", config::required());
    f.add("symmetric", symmetric, "whether the two texts of a pair may change places");
    f.add("low", low, "lowest score");
    f.add("high", high, "highest score");
    f.add("metric", metric, "what models are chosen by; left out: the usual one of the kind");
    f.add("train", train, "training file, in the data folder; .jsonl is JSON lines, .json SQuAD's layout",
          config::required());
    f.add("dev", dev, "file that models are chosen on; where there is none, a part of train");
    f.add("test", test, "file that is scored", config::required());
    f.add("epochs", epochs, "passes over the training examples", config::at_least(1));
    f.add("batch_size", batch_size, "examples of one update", config::at_least(1));
    f.add("max_length", max_length, "tokens of an input", config::at_least(8));
  }
};

// A member of a JSON line as the text of a cell: lists have `divider` between their items.
std::string cell_of(const Json& value, const std::string& divider) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const Json& item : value) parts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  return base::join(parts, divider);
}

std::vector<TsvRow> read_json_lines(const fs::path& file, const std::vector<std::string>& columns,
                                    const std::string& divider) {
  base::LineReader reader(base::open_input(file));
  std::vector<TsvRow> rows;
  for (std::string_view line; reader.next(line);) {
    if (line.empty()) continue;
    const std::string where = str(file.string(), ":", reader.line_number());
    const Json object = base::parse_json(line, where);
    if (!object.is_object()) fail_row(file, reader.line_number(), "expected a JSON object");
    TsvRow row{reader.line_number(), {}};
    for (const std::string& column : columns) {
      const auto found = object.find(column);
      if (found == object.end()) {
        std::vector<std::string> names;
        for (const auto& [name, _] : object.items()) names.push_back(name);
        const std::string near = base::nearest(column, names);
        fail_row(file, row.line,
                 str("no member \"", column, "\"; got ", base::join(names, ", "),
                     near.empty() ? "" : str(" (is it \"", near, "\"?)")));
      }
      row.cells.push_back(cell_of(*found, divider));
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) fail_row(file, 1, "the file is empty");
  return rows;
}

std::vector<std::string> divide(std::string_view text, std::string_view divider) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(divider), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + divider.size(), text.size()));
  }
  return out;
}

std::string divider_of(const Settings& settings) { return settings.kind == "tagging" ? " " : settings.divider; }

// Cells of text, label and, where there are such columns, second text and id; those that are absent are empty.
std::vector<TsvRow> rows_of(const fs::path& file, const Settings& settings) {
  std::vector<std::string> columns = {settings.text, settings.label};
  if (!settings.second_text.empty()) columns.push_back(settings.second_text);
  if (!settings.id.empty()) columns.push_back(settings.id);
  const std::string name = file.filename().string();
  std::vector<TsvRow> rows = name.find(".jsonl") != std::string::npos
                                 ? read_json_lines(file, columns, divider_of(settings))
                                 : read_tsv(file, columns);
  for (TsvRow& row : rows) {
    if (settings.second_text.empty()) row.cells.insert(row.cells.begin() + 2, "");
    row.cells.resize(4);
    if (row.cells[3].empty()) row.cells[3] = str(row.line);
  }
  return rows;
}

Answer find_answer(const std::string& context, const std::string& text, const fs::path& file, uint64_t line) {
  const size_t at = context.find(text);
  if (text.empty() || at == std::string::npos) {
    fail_row(file, line, str("answer: got \"", text, "\", which does not stand in the passage"));
  }
  Answer answer{.text = text};
  for (size_t i = 0; i < at; ++i) answer.begin += (context[i] & 0xC0) != 0x80;
  return answer;
}

std::vector<Example> read(const fs::path& file, const Task& task, const Settings& settings) {
  if (task.kind == Kind::kAnswer && file.extension() == ".json") return read_squad(file, task);
  std::vector<Example> out;
  for (TsvRow& row : rows_of(file, settings)) {
    const std::string label = std::move(row.cells[1]);
    Example example{
        .id = std::move(row.cells[3]), .text = std::move(row.cells[0]), .second_text = std::move(row.cells[2])};
    switch (task.kind) {
      case Kind::kClass:
        example.label = label_index(task, label, file, row.line);
        break;
      case Kind::kScore:
        example.value = number(label, settings.label, {settings.low, settings.high}, file, row.line);
        break;
      case Kind::kMultiLabel:
        example.labels.assign(task.labels.size(), 0);
        for (const std::string& one : divide(label, settings.divider))
          example.labels[static_cast<size_t>(label_index(task, one, file, row.line))] = 1;
        break;
      case Kind::kTags:
        example.words = divide(example.text, " ");
        for (const std::string& tag : divide(label, " "))
          example.labels.push_back(label_index(task, tag, file, row.line));
        if (example.labels.size() != example.words.size() || example.words.empty()) {
          fail_row(file, row.line,
                   str("got ", example.labels.size(), " tags for ", example.words.size(),
                       " words, expected one tag for each; words and tags are divided by blanks"));
        }
        break;
      case Kind::kAnswer:
        example.answers.push_back(find_answer(example.second_text, label, file, row.line));
    }
    out.push_back(std::move(example));
  }
  return out;
}

std::vector<std::string> labels_in(const fs::path& file, const Settings& settings) {
  constexpr size_t kMostLabels = 1000;
  std::set<std::string> found;
  for (const TsvRow& row : rows_of(file, settings)) {
    if (settings.kind == "classification") {
      found.insert(row.cells[1]);
    } else {
      for (std::string& label : divide(row.cells[1], divider_of(settings))) found.insert(std::move(label));
    }
    if (found.size() > kMostLabels) {
      fail_row(file, row.line,
               str("column \"", settings.label, "\" has over ", kMostLabels,
                   " different labels; is it the right one? Else list them as labels = [...]"));
    }
  }
  std::vector<std::string> out(found.begin(), found.end());
  if (settings.kind == "tagging")
    std::stable_partition(out.begin(), out.end(), [](const auto& tag) { return tag == "O"; });
  return out;
}

}  // namespace

Task load_task(const std::string& name, const fs::path& data, const std::vector<std::string>& known_labels) {
  if (!name.ends_with(".toml")) return find_task(name);
  Settings settings;
  config::Fields fields = config::Fields::of(settings);
  config::Faults faults;
  config::read_toml(fields, name, faults);
  fields.check(faults);
  const auto& kind = *std::find_if(kind_names().begin(), kind_names().end(), [&](const KindName& row) {
    return row.name == settings.kind || faults.texts().size();
  });
  const std::vector<std::string> known_metrics = metric_names(kind.kind);
  if (!settings.metric.empty() &&
      std::find(known_metrics.begin(), known_metrics.end(), settings.metric) == known_metrics.end()) {
    faults.add(str(name, ": metric: got \"", settings.metric, "\", expected one of ", base::join(known_metrics, ", "),
                   " for ", kind.name));
  }
  if (kind.kind == Kind::kAnswer && settings.second_text.empty() && !settings.train.ends_with(".json"))
    faults.add(str(name, ": second_text: expected the column of the passage"));
  faults.raise(name);

  Task task{.name = fs::path(name).stem().string(),
            .summary = settings.summary.empty() ? str(kind.name, " by ", name) : settings.summary,
            .kind = kind.kind,
            .labels = settings.labels,
            .metrics = kind.metrics,
            .pair = !settings.second_text.empty() || kind.kind == Kind::kAnswer,
            .symmetric = settings.symmetric,
            .protocol = {settings.epochs, settings.batch_size, settings.max_length},
            .files = {{{settings.train}, {settings.dev}, {settings.test}}},
            .read = [settings](const fs::path& file, const Task& self) { return read(file, self, settings); }};
  if (!settings.metric.empty()) {
    std::erase(task.metrics, settings.metric);
    task.metrics.insert(task.metrics.begin(), settings.metric);
  }
  const bool has_labels = kind.kind != Kind::kScore && kind.kind != Kind::kAnswer;
  if (has_labels && task.labels.empty()) {
    task.labels = known_labels.empty() ? labels_in(*split_file(task_folder(data, task), task, Split::kTrain), settings)
                                       : known_labels;
  }
  return task;
}

}  // namespace lmkor::task
