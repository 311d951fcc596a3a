// What several seeds and other samples of the same examples say about a score, and about the difference of two.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/metrics.h"

namespace lmkor::task {

std::vector<uint32_t> every_row(size_t count);
// `count` rows drawn with replacement: sample number `sample` of `seed`.
std::vector<uint32_t> drawn_rows(size_t count, uint64_t seed, uint64_t sample);

struct Spread {
  double mean = 0;
  double std = 0;                      // sample standard deviation; 0 of one value
  double ci95_low = 0, ci95_high = 0;  // of the mean over seeds, by Student's t; the value itself for one
};
Spread spread(std::span<const double> values);
base::Json spread_json(std::span<const double> values);  // {"mean","std","ci95","seeds"}

// One system: the rows of the same examples from each of its seeds.
using Runs = std::vector<Rows>;
// The mean of the metric over the seeds.
double mean_score(const Metric& metric, const Runs& runs, std::span<const uint32_t> picked);

struct Comparison {
  double difference = 0;     // a - b
  double low = 0, high = 0;  // 95 % interval by bootstrap over examples and seeds, paired by example
  double p_permutation = 1;  // two-sided: how often random exchange of the two gives as large a difference
  bool differs() const { return p_permutation < 0.05 && (low > 0 || high < 0); }
};
// Approximate randomisation (Noreen 1989) and paired bootstrap (Efron and Tibshirani 1993; Koehn 2004), `samples` each,
// drawn by `seed`. An example is exchanged in all seeds at once. Throws kInternal where the sets differ in size.
Comparison compare(const Metric& metric, const Runs& a, const Runs& b, uint64_t seed = 1, int64_t samples = 2000);

// Holm's step-down adjustment of p-values, in their order.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace lmkor::task
