#include "lmkor/audit/label_errors.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace lmkor::audit {

std::pair<double, double> wilson(double p, size_t n) {
  constexpr double z = 1.959963984540054;
  const auto count = static_cast<double>(n);
  const double middle = p + z * z / (2 * count), scale = 1 + z * z / count;
  const double width = z * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count));
  return {std::max(0.0, (middle - width) / scale), std::min(1.0, (middle + width) / scale)};
}

LabelNoise find_label_errors(const CrossValidation& found, std::span<const int64_t> given) {
  const size_t labels = found.labels;
  std::vector<double> sums(labels), counts(labels);
  for (size_t row = 0; row < given.size(); ++row) {
    const auto label = static_cast<size_t>(given[row]);
    sums[label] += found.of(row)[label];
    counts[label] += 1;
  }
  LabelNoise out;
  size_t wrong = 0;
  for (size_t row = 0; row < given.size(); ++row) {
    const std::span<const float> shares = found.of(row);
    const auto label = static_cast<size_t>(given[row]);
    size_t best = label;
    double most = 0;
    for (size_t k = 0; k < labels; ++k) {
      const double relative = counts[k] > 0 && sums[k] > 0 ? shares[k] * counts[k] / sums[k] : 0;
      if (relative > most) {
        most = relative;
        best = k;
      }
    }
    if (best == label || shares[best] <= shares[label]) continue;
    wrong += shares[label] <= shares[best] / 2;
    out.doubts.push_back({static_cast<uint32_t>(row), static_cast<int64_t>(best), shares[best] - shares[label]});
  }
  std::sort(out.doubts.begin(), out.doubts.end(), [](const LabelDoubt& a, const LabelDoubt& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  });
  if (!given.empty()) {
    out.share = static_cast<double>(wrong) / static_cast<double>(given.size());
    std::tie(out.low, out.high) = wilson(out.share, given.size());
  }
  return out;
}

}  // namespace lmkor::audit
