// Confident learning (Northcutt, Jiang and Chuang 2021) on cross-validated probabilities: which labels are likely
// wrong, how many, and what that means for the best score that can be reached.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmkor/audit/linear.h"

namespace lmkor::audit {

struct LabelDoubt {
  uint32_t row;
  int64_t suggested;
  double score;  // probability of the suggested label less that of the given one: 1 is worst
};
struct LabelNoise {
  std::vector<LabelDoubt> doubts;  // worst first
  double share = 0;                // of labels that are likely wrong
  double low = 0, high = 0;        // 95 %, by the sample of rows alone (Wilson)
};
// The suggested label is the one whose probability is largest against that label's own mean confidence, so that rare
// labels are not outvoted; a row is in doubt where that is another than the given one and more probable. `share` counts
// those whose given label is at most half as probable as the suggested one, which leaves out rows that are merely hard.
LabelNoise find_label_errors(const CrossValidation& found, std::span<const int64_t> given);

// Of a share p of n rows, 95 % (Wilson 1927).
std::pair<double, double> wilson(double p, size_t n);

}  // namespace lmkor::audit
