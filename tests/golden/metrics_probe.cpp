// metrics_probe CASES.json: scores given predictions and prints the values as a JSON list, for model_metrics_test.py to
// hold against scikit-learn, scipy, seqeval and KorQuAD's rules. A case is an object:
//   metric   a name of metrics.h, with   labels, gold, predicted   lists by the metric's kind, and `words` for tags
// or
//   spread   a list of values: [std, low, high] comes out
//   holm     a list of p-values
//   compare  [a, b], lists over seeds of lists of 0 and 1: [difference, low, high, p] comes out
#include <iostream>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/resample.h"

namespace lmkor::task {
namespace {

using base::Json;

void fill(const Json& gold, const Json& predicted, Kind kind, Example& example, Prediction& prediction) {
  switch (kind) {
    case Kind::kClass:
      example.label = gold;
      prediction.label = predicted;
      break;
    case Kind::kScore:
      example.value = gold;
      prediction.value = predicted;
      break;
    case Kind::kMultiLabel:
    case Kind::kTags:
      example.labels = gold.get<std::vector<int64_t>>();
      prediction.labels = predicted.get<std::vector<int64_t>>();
      break;
    case Kind::kAnswer:
      for (const Json& text : gold) example.answers.push_back({.text = text.get<std::string>()});
      prediction.answer = predicted;
  }
}

Json metric_of(const Json& job) {
  const Metric& metric = find_metric(job.at("metric").get<std::string>());
  Task task{.name = "probe", .summary = "", .kind = metric.kind};
  task.labels = job.value("labels", std::vector<std::string>{});
  std::vector<Example> examples(job.at("gold").size());
  std::vector<Prediction> predictions(examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    fill(job.at("gold")[i], job.at("predicted")[i], metric.kind, examples[i], predictions[i]);
    if (job.contains("words")) examples[i].words = job.at("words")[i].get<std::vector<std::string>>();
  }
  return score(metric.name, task, examples, predictions);
}

Runs runs_of(const Json& seeds) {
  Runs out;
  for (const Json& seed : seeds) out.push_back({.width = 1, .values = seed.get<std::vector<double>>()});
  return out;
}

Json value_of(const Json& job) {
  if (job.contains("metric")) return metric_of(job);
  if (job.contains("holm")) return holm(job.at("holm").get<std::vector<double>>());
  if (job.contains("spread")) {
    const Spread found = spread(job.at("spread").get<std::vector<double>>());
    return {found.std, found.ci95_low, found.ci95_high};
  }
  const Comparison found =
      compare(find_metric("accuracy"), runs_of(job.at("compare")[0]), runs_of(job.at("compare")[1]));
  return {found.difference, found.low, found.high, found.p_permutation};
}

}  // namespace
}  // namespace lmkor::task

int main(int, char** argv) {
  try {
    lmkor::base::Json values = lmkor::base::Json::array();
    for (const auto& job : lmkor::base::read_json(argv[1])) values.push_back(lmkor::task::value_of(job));
    std::cout << values.dump() << "\n";
  } catch (const lmkor::base::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
