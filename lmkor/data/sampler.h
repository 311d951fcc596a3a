// Which rows make up batch k of a run: a pure function of (seed, k). Every epoch is a permutation of all rows; epochs
// follow each other without a gap. Rank r of w reads places r, r + w, ... of the global batch, so any number of
// processes reads the same examples, and going on after a stop needs nothing but the number of the step.
#pragma once

#include <cstdint>
#include <vector>

namespace lmkor::data {

// One place of a run: the row to read, and the running number that keys its random choices.
struct Example {
  uint64_t row;
  uint64_t number;
};

class Sampler {
 public:
  // `batch_rows` is global (all ranks together). Throws kConfig if a size is 0.
  Sampler(uint64_t rows, uint64_t batch_rows, uint64_t seed);

  // The places of global batch `step` (from 0) that `rank` of `world` reads.
  std::vector<Example> batch(uint64_t step, int rank = 0, int world = 1) const;
  Example example(uint64_t number) const;

  uint64_t batch_rows() const { return batch_rows_; }
  uint64_t rows() const { return rows_; }
  // How often every row was read after `steps` steps.
  double epochs(uint64_t steps) const {
    return static_cast<double>(steps) * static_cast<double>(batch_rows_) / static_cast<double>(rows_);
  }

 private:
  uint64_t rows_, batch_rows_, seed_;
};

// Rows of a global batch for a budget of tokens that is never exceeded; at least one.
uint64_t rows_for_tokens(uint64_t batch_tokens, int64_t sequence_length);

}  // namespace lmkor::data
