#include "lmkor/data/sampler.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

using base::str;

namespace {

// Streams of permutations: epochs of source s are s * kSourceStreams + epoch, blocks have their own.
constexpr uint64_t kSourceStreams = uint64_t{1} << 32;
constexpr uint64_t kBlockStreams = uint64_t{1} << 47;

}  // namespace

Sampler::Sampler(uint64_t rows, uint64_t batch_rows, uint64_t seed)
    : Sampler(std::vector<SourceShare>{{rows, 1}}, batch_rows, seed) {}

Sampler::Sampler(const std::vector<SourceShare>& sources, uint64_t batch_rows, uint64_t seed)
    : batch_rows_(batch_rows), seed_(seed) {
  double all = 0;
  for (const SourceShare& source : sources) {
    if (source.rows == 0 || batch_rows == 0) {
      throw base::Error(base::ErrorKind::kConfig, str("sampler: got ", source.rows, " rows and batches of ", batch_rows,
                                                      ", expected at least 1 of each"));
    }
    if (!(source.weight > 0) || !std::isfinite(source.weight)) {
      throw base::Error(base::ErrorKind::kConfig,
                        str("sampler: got a source of weight ", source.weight, ", expected more than 0"));
    }
    all += source.weight;
  }
  double before = 0;
  for (const SourceShare& source : sources) {
    const auto place = [&](double weight) { return static_cast<uint64_t>(std::llround(weight / all * kBlock)); };
    const Source added = {source.rows, place(before), place(before + source.weight)};
    if (added.begin == added.end) {
      throw base::Error(base::ErrorKind::kConfig, str("sampler: got a source of weight ", source.weight, " among ", all,
                                                      ", expected at least one part in ", kBlock));
    }
    sources_.push_back(added);
    before += source.weight;
  }
}

Example Sampler::example(uint64_t number) const {
  const auto row_of = [this](uint64_t which, uint64_t count) {
    const uint64_t rows = sources_[which].rows;
    return base::Permutation(rows, seed_, which * kSourceStreams + count / rows).at(count % rows);
  };
  if (sources_.size() == 1) return {row_of(0, number), number, 0};
  const uint64_t block = number / kBlock;
  const uint64_t place = base::Permutation(kBlock, seed_, kBlockStreams + block).at(number % kBlock);
  uint32_t which = 0;
  while (place >= sources_[which].end) ++which;
  const Source& source = sources_[which];
  return {row_of(which, block * (source.end - source.begin) + (place - source.begin)), number, which};
}

std::vector<Example> Sampler::range(uint64_t first, uint64_t count) const {
  std::vector<Example> out;
  out.reserve(count);
  for (uint64_t i = 0; i < count; ++i) out.push_back(example(first + i));
  return out;
}

std::vector<Example> Sampler::batch(uint64_t step, int rank, int world) const {
  const uint64_t begin = share_begin(batch_rows_, rank, world), end = share_begin(batch_rows_, rank + 1, world);
  return range(step * batch_rows_ + begin, end - begin);
}

uint64_t Sampler::rows() const {
  uint64_t out = 0;
  for (const Source& source : sources_) out += source.rows;
  return out;
}

double Sampler::epochs(uint64_t count) const {
  double most = 0;
  for (const Source& source : sources_) {
    const double share = static_cast<double>(source.end - source.begin) / kBlock;
    most = std::max(most, static_cast<double>(count) * share / static_cast<double>(source.rows));
  }
  return most;
}

uint64_t rows_for_tokens(uint64_t batch_tokens, int64_t sequence_length) {
  return std::max<uint64_t>(1, batch_tokens / static_cast<uint64_t>(sequence_length));
}

}  // namespace lmkor::data
