#include "lmkor/task/predictions.h"

#include <algorithm>

#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/task/classifier.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

void write_predictions(const std::filesystem::path& path, const Task& task, const std::vector<Example>& examples,
                       const std::vector<std::vector<double>>& probabilities) {
  const std::vector<int64_t> best = most_probable(probabilities);
  base::AtomicFile file(path);
  for (size_t i = 0; i < examples.size(); ++i) {
    base::Json line = {{"id", examples[i].id},
                       {"gold", task.labels[static_cast<size_t>(examples[i].label)]},
                       {"prediction", task.labels[static_cast<size_t>(best[i])]}};
    for (size_t label = 0; label < task.labels.size(); ++label)
      line["scores"][task.labels[label]] = probabilities[i][label];
    file.write(line.dump());
    file.write("\n");
  }
  file.commit();
}

std::vector<Prediction> read_predictions(const std::filesystem::path& path, const Task& task) {
  base::LineReader reader(base::open_input(path));
  std::vector<Prediction> out;
  for (std::string_view text; reader.next(text);) {
    const base::Json line = base::parse_json(text, path.string());
    const std::string predicted = line.at("prediction");
    out.push_back({label_index(task, line.at("gold"), path, reader.line_number()),
                   label_index(task, predicted, path, reader.line_number()), line.at("scores").at(predicted)});
  }
  return out;
}

}  // namespace lmkor::task
