#include "lmkor/task/metrics.h"

#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

namespace {

double accuracy(std::span<const int64_t> gold, std::span<const int64_t> predicted) {
  size_t right = 0;
  for (size_t i = 0; i < gold.size(); ++i) right += gold[i] == predicted[i];
  return static_cast<double>(right) / static_cast<double>(gold.size());
}

struct Metric {
  std::string_view name;
  double (*of)(std::span<const int64_t> gold, std::span<const int64_t> predicted);
};
constexpr Metric kMetrics[] = {{"accuracy", accuracy}};

// 97.5 % points of Student's t by degrees of freedom, from 1.
constexpr double kStudent[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                               2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
constexpr double kNormal = 1.95996;

}  // namespace

double score(std::string_view name, std::span<const int64_t> gold, std::span<const int64_t> predicted) {
  if (gold.empty() || gold.size() != predicted.size()) {
    throw base::Error(base::ErrorKind::kInternal,
                      base::str("metric ", name, ": ", gold.size(), " labels and ", predicted.size(), " predictions"));
  }
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return metric.of(gold, predicted);
  }
  throw base::Error(base::ErrorKind::kInternal, base::str("no metric ", name));
}

Spread spread(std::span<const double> values) {
  Spread out;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) out.mean += value / count;
  out.ci95_low = out.ci95_high = out.mean;
  if (values.size() < 2) return out;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  out.std = std::sqrt(squares / (count - 1));
  const size_t freedom = values.size() - 1;
  const double width = (freedom <= std::size(kStudent) ? kStudent[freedom - 1] : kNormal) * out.std / std::sqrt(count);
  out.ci95_low -= width;
  out.ci95_high += width;
  return out;
}

base::Json spread_json(std::span<const double> values) {
  const Spread found = spread(values);
  return {{"mean", found.mean},
          {"std", found.std},
          {"ci95", {found.ci95_low, found.ci95_high}},
          {"seeds", std::vector<double>(values.begin(), values.end())}};
}

double sampling_error(double p, size_t count) { return kNormal * std::sqrt(p * (1 - p) / static_cast<double>(count)); }

}  // namespace lmkor::task
