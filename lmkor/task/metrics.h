// Scores of predictions: a table of metrics, each equal to its public implementation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/predictions.h"
#include "lmkor/task/task.h"

namespace lmkor::task {

// The few numbers of each example that a metric needs, so that it is soon computed again for other examples of the same
// set (bootstrap, permutation).
struct Rows {
  size_t width = 1;
  std::vector<double> values{};  // [examples, width]
  size_t size() const { return values.size() / width; }
  double at(size_t row, size_t column = 0) const { return values[row * width + column]; }
};

struct Metric {
  const char* name;
  Kind kind;
  const char* title;  // for people
  Rows (*rows)(const Task& task, std::span<const Example> examples, std::span<const Prediction> predictions);
  // The metric of the examples numbered `picked`, any of them any number of times; a share of 1.
  double (*of)(const Rows& rows, std::span<const uint32_t> picked);
  bool is_mean;  // of the first column: its error is known without resampling
};

std::span<const Metric> metrics();
std::vector<std::string> metric_names(Kind kind);
// Throws kInternal for a name that is not in the table.
const Metric& find_metric(std::string_view name);

// The metric of all rows.
double score(const Metric& metric, const Rows& rows);
// The metric `name` of a whole set. Throws kInternal where the lists are empty or of unequal length.
double score(std::string_view name, const Task& task, std::span<const Example> examples,
             std::span<const Prediction> predictions);
// Every metric of the task: {NAME: share}.
base::Json all_scores(const Task& task, std::span<const Example> examples, std::span<const Prediction> predictions);

// Half the width of a 95 % interval of the metric over samples of the examples: by the normal approximation for means,
// by bootstrap (400 samples, drawn by a fixed seed) for others.
double sampling_error(const Metric& metric, const Rows& rows);

// Pearson's correlation of two columns' picked rows, and that of their ranks, ties having the mean rank. 0 where one
// side is constant (scipy says nan).
double pearson(std::span<const double> a, std::span<const double> b);
double spearman(std::span<const double> a, std::span<const double> b);

}  // namespace lmkor::task
