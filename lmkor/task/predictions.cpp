#include "lmkor/task/predictions.h"

#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

using base::Json;
using base::json_get;

namespace {

const std::string& label(const Task& task, int64_t index) { return task.labels[static_cast<size_t>(index)]; }

Json tags(const Task& task, const std::vector<int64_t>& labels) {
  Json out = Json::array();
  for (const int64_t tag : labels) out.push_back(label(task, tag));
  return out;
}

Json present(const Task& task, const std::vector<int64_t>& labels) {
  Json out = Json::array();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i]) out.push_back(task.labels[i]);
  }
  return out;
}

Json by_label(const Task& task, const std::vector<double>& scores) {
  Json out = Json::object();
  for (size_t i = 0; i < scores.size(); ++i) out[task.labels[i]] = scores[i];
  return out;
}

// One text where there is one, else a list.
Json answers(const std::vector<Answer>& answers) {
  if (answers.size() == 1) return answers.front().text;
  Json out = Json::array();
  for (const Answer& answer : answers) out.push_back(answer.text);
  return out;
}

// The members of a line from the example and its prediction, and back.
struct Form {
  void (*write)(const Task& task, const Example& example, const Prediction& prediction, Json& line);
  // `index` finds a label's number or fails naming the line.
  void (*read)(const Json& line, const std::string& where, const std::function<int64_t(const std::string&)>& index,
               Example& example, Prediction& prediction);
};

std::vector<int64_t> indices(const Json& list, const std::function<int64_t(const std::string&)>& index) {
  std::vector<int64_t> out;
  for (const Json& name : list) out.push_back(index(name.get<std::string>()));
  return out;
}

std::vector<double> values(const Json& scores) {
  std::vector<double> out;
  for (const auto& [_, score] : scores.items()) out.push_back(score.get<double>());
  return out;
}

// By Kind.
const Form kForms[] = {
    {[](const Task& task, const Example& example, const Prediction& prediction, Json& line) {
       line["gold"] = label(task, example.label);
       line["prediction"] = label(task, prediction.label);
       line["scores"] = by_label(task, prediction.scores);
     },
     [](const Json& line, const std::string& where, const auto& index, Example& example, Prediction& prediction) {
       example.label = index(json_get<std::string>(line, "gold", where));
       prediction.label = index(json_get<std::string>(line, "prediction", where));
     }},
    {[](const Task&, const Example& example, const Prediction& prediction, Json& line) {
       line["gold"] = example.value;
       line["prediction"] = prediction.value;
     },
     [](const Json& line, const std::string& where, const auto&, Example& example, Prediction& prediction) {
       example.value = json_get<double>(line, "gold", where);
       prediction.value = json_get<double>(line, "prediction", where);
     }},
    {[](const Task& task, const Example& example, const Prediction& prediction, Json& line) {
       line["gold"] = present(task, example.labels);
       line["prediction"] = present(task, prediction.labels);
       line["scores"] = by_label(task, prediction.scores);
     },
     [](const Json& line, const std::string& where, const auto& index, Example& example, Prediction& prediction) {
       const size_t labels = json_get<Json>(line, "scores", where).size();
       example.labels.assign(labels, 0);
       prediction.labels.assign(labels, 0);
       for (const int64_t i : indices(json_get<Json>(line, "gold", where), index)) example.labels[size_t(i)] = 1;
       for (const int64_t i : indices(json_get<Json>(line, "prediction", where), index))
         prediction.labels[size_t(i)] = 1;
     }},
    {[](const Task& task, const Example& example, const Prediction& prediction, Json& line) {
       line["words"] = example.words;
       line["gold"] = tags(task, example.labels);
       line["prediction"] = tags(task, prediction.labels);
       line["scores"] = prediction.scores;
     },
     [](const Json& line, const std::string& where, const auto& index, Example& example, Prediction& prediction) {
       example.words = json_get<std::vector<std::string>>(line, "words", where);
       example.labels = indices(json_get<Json>(line, "gold", where), index);
       prediction.labels = indices(json_get<Json>(line, "prediction", where), index);
     }},
    {[](const Task&, const Example& example, const Prediction& prediction, Json& line) {
       line["gold"] = answers(example.answers);
       line["prediction"] = prediction.answer;
       line["scores"] = prediction.scores;
     },
     [](const Json& line, const std::string& where, const auto&, Example& example, Prediction& prediction) {
       const Json gold = json_get<Json>(line, "gold", where);
       for (const Json& text : gold.is_array() ? gold : Json::array({gold}))
         example.answers.push_back({.text = text.get<std::string>()});
       prediction.answer = json_get<std::string>(line, "prediction", where);
     }},
};

}  // namespace

void write_predictions(const std::filesystem::path& path, const Task& task, const std::vector<Example>& examples,
                       const std::vector<Prediction>& predictions) {
  base::AtomicFile file(path);
  for (size_t i = 0; i < examples.size(); ++i) {
    Json line = {{"id", examples[i].id}};
    kForms[static_cast<size_t>(task.kind)].write(task, examples[i], predictions[i], line);
    file.write(line.dump(-1, ' ', false, Json::error_handler_t::replace));
    file.write("\n");
  }
  file.commit();
}

Predicted read_predictions(const std::filesystem::path& path, const Task& task) {
  base::LineReader reader(base::open_input(path));
  Predicted out;
  for (std::string_view text; reader.next(text);) {
    const std::string where = base::str(path.string(), ":", reader.line_number());
    const Json line = base::parse_json(text, where);
    Example example{.id = json_get<std::string>(line, "id", where)};
    Prediction prediction;
    const auto index = [&](const std::string& name) { return label_index(task, name, path, reader.line_number()); };
    kForms[static_cast<size_t>(task.kind)].read(line, where, index, example, prediction);
    if (line.contains("scores")) prediction.scores = values(line.at("scores"));
    out.examples.push_back(std::move(example));
    out.predictions.push_back(std::move(prediction));
  }
  return out;
}

}  // namespace lmkor::task
