#include "lmkor/data/sampler.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

Sampler::Sampler(uint64_t rows, uint64_t batch_rows, uint64_t seed)
    : rows_(rows), batch_rows_(batch_rows), seed_(seed) {
  if (rows == 0 || batch_rows == 0) {
    throw base::Error(base::ErrorKind::kConfig, base::str("sampler: got ", rows, " rows and batches of ", batch_rows,
                                                          ", expected at least 1 of each"));
  }
}

Example Sampler::example(uint64_t number) const {
  const uint64_t epoch = number / rows_;
  return {base::Permutation(rows_, seed_, epoch).at(number % rows_), number};
}

std::vector<Example> Sampler::batch(uint64_t step, int rank, int world) const {
  std::vector<Example> out;
  out.reserve(batch_rows_ / static_cast<uint64_t>(world) + 1);
  for (uint64_t i = static_cast<uint64_t>(rank); i < batch_rows_; i += static_cast<uint64_t>(world))
    out.push_back(example(step * batch_rows_ + i));
  return out;
}

uint64_t rows_for_tokens(uint64_t batch_tokens, int64_t sequence_length) {
  return std::max<uint64_t>(1, batch_tokens / static_cast<uint64_t>(sequence_length));
}

}  // namespace lmkor::data
