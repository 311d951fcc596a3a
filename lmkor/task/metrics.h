// Scores of predictions, and what several seeds say together.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::task {

// The metric `name` of predicted against true label indices, as a share of 1. Throws kInternal for another name or
// unequal or empty lists.
double score(std::string_view name, std::span<const int64_t> gold, std::span<const int64_t> predicted);

struct Spread {
  double mean = 0;
  double std = 0;                      // sample standard deviation; 0 of one value
  double ci95_low = 0, ci95_high = 0;  // of the mean over seeds, by Student's t; the value itself for one
};
Spread spread(std::span<const double> values);
base::Json spread_json(std::span<const double> values);  // {"mean","std","ci95","seeds"}

// Half the width of a 95 % interval of a share `p` measured on `count` examples (normal approximation).
double sampling_error(double p, size_t count);

}  // namespace lmkor::task
