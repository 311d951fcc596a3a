#include "lmkor/task/resample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

namespace {

// 97.5 % points of Student's t by degrees of freedom, from 1.
constexpr double kStudent[] = {12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836,
                               2.446911851,  2.364624252, 2.306004135, 2.262157163, 2.228138852,
                               2.200985160,  2.178812830, 2.160368656, 2.144786688, 2.131449546,
                               2.119905299,  2.109815578, 2.100922040, 2.093024054, 2.085963447};
constexpr double kNormal = 1.959963984540054;

// Rows of both systems one after the other, so that an exchange of an example is a choice of row.
Rows joined(const Rows& a, const Rows& b) {
  Rows out = a;
  out.values.insert(out.values.end(), b.values.begin(), b.values.end());
  return out;
}

}  // namespace

std::vector<uint32_t> every_row(size_t count) {
  std::vector<uint32_t> out(count);
  std::iota(out.begin(), out.end(), uint32_t{0});
  return out;
}

std::vector<uint32_t> drawn_rows(size_t count, uint64_t seed, uint64_t sample) {
  const base::Random random(seed, base::RandomUse::kSample, sample);
  std::vector<uint32_t> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint32_t>(random.below(i, count));
  return out;
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

double mean_score(const Metric& metric, const Runs& runs, std::span<const uint32_t> picked) {
  double sum = 0;
  for (const Rows& rows : runs) sum += metric.of(rows, picked);
  return sum / static_cast<double>(runs.size());
}

Comparison compare(const Metric& metric, const Runs& a, const Runs& b, uint64_t seed, int64_t samples) {
  const size_t count = a.front().size();
  for (const Runs* runs : {&a, &b}) {
    for (const Rows& rows : *runs) {
      if (rows.size() != count || rows.width != a.front().width) {
        throw base::Error(base::ErrorKind::kInternal,
                          base::str("compare: sets of ", count, " and ", rows.size(), " examples"));
      }
    }
  }
  const std::vector<uint32_t> all = every_row(count);
  Comparison out{.difference = mean_score(metric, a, all) - mean_score(metric, b, all)};

  // Seeds of one number are exchanged for each other; a system with fewer seeds repeats them.
  const size_t pairs = std::max(a.size(), b.size());
  Runs both;
  for (size_t i = 0; i < pairs; ++i) both.push_back(joined(a[i % a.size()], b[i % b.size()]));
  int64_t as_large = 0;
  std::vector<uint32_t> left(count), right(count);
  const auto offset = static_cast<uint32_t>(count);
  const double reached = std::abs(mean_score(metric, both, all) - [&] {
    for (size_t i = 0; i < count; ++i) right[i] = static_cast<uint32_t>(i) + offset;
    return mean_score(metric, both, right);
  }());
  for (int64_t sample = 0; sample < samples; ++sample) {
    const base::Random random(seed, base::RandomUse::kShuffle, static_cast<uint64_t>(sample));
    for (size_t i = 0; i < count; ++i) {
      const bool exchange = random.bits(i / 64) >> (i % 64) & 1;
      left[i] = static_cast<uint32_t>(i) + (exchange ? offset : 0);
      right[i] = static_cast<uint32_t>(i) + (exchange ? 0 : offset);
    }
    as_large += std::abs(mean_score(metric, both, left) - mean_score(metric, both, right)) >= reached - 1e-12;
  }
  out.p_permutation = static_cast<double>(as_large + 1) / static_cast<double>(samples + 1);

  std::vector<double> differences;
  for (int64_t sample = 0; sample < samples; ++sample) {
    const std::vector<uint32_t> picked = drawn_rows(count, seed, static_cast<uint64_t>(sample));
    const base::Random random(seed, base::RandomUse::kSplit, static_cast<uint64_t>(sample));
    const auto drawn = [&](const Runs& runs, uint64_t from) {
      double sum = 0;
      for (size_t i = 0; i < runs.size(); ++i) sum += metric.of(runs[random.below(from + i, runs.size())], picked);
      return sum / static_cast<double>(runs.size());
    };
    differences.push_back(drawn(a, 0) - drawn(b, 1'000'000));
  }
  std::sort(differences.begin(), differences.end());
  const auto at = [&](double share) {
    return differences[static_cast<size_t>(share * static_cast<double>(differences.size() - 1))];
  };
  out.low = at(0.025);
  out.high = at(0.975);
  return out;
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> out(p_values.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, p_values[order[i]] * static_cast<double>(order.size() - i)));
    out[order[i]] = largest;
  }
  return out;
}

}  // namespace lmkor::task
