// Which rows make up batch k of a run: a pure function of (seed, k). Every epoch of a source is a permutation of all
// its rows; epochs follow each other without a gap. Several sources are mixed by weight, and where two epochs of one of
// them meet in a block of places, the order of these places is mixed as well. Rank r of w reads the r-th of w equal
// stretches of the global batch, so any number of processes reads the same examples, and going on after a stop needs
// nothing but the number of the step.
#pragma once

#include <cstdint>
#include <vector>

namespace lmkor::data {

// One place of a run: the row to read of which source, and the running number that keys its random choices.
struct Example {
  uint64_t row;
  uint64_t number;
  uint32_t source = 0;
};

// Rows of a source, and how much of what is read comes from it in proportion to the others.
struct SourceShare {
  uint64_t rows;
  double weight = 1;
};

class Sampler {
 public:
  // `batch_rows` is global (all ranks together). Throws kConfig if a size is 0 or a weight is not positive.
  Sampler(uint64_t rows, uint64_t batch_rows, uint64_t seed);
  Sampler(const std::vector<SourceShare>& sources, uint64_t batch_rows, uint64_t seed);

  // The places of global batch `step` (from 0) that `rank` of `world` reads.
  std::vector<Example> batch(uint64_t step, int rank = 0, int world = 1) const;
  // The places [first, first + count) of the run.
  std::vector<Example> range(uint64_t first, uint64_t count) const;
  // In every kBlock places each source has its share, to the place; which places is drawn from the seed.
  Example example(uint64_t number) const;
  static constexpr uint64_t kBlock = 1000;

  uint64_t batch_rows() const { return batch_rows_; }
  uint64_t rows() const;  // of all sources
  // How often every row of the source that is read most was read in the first `count` places.
  double epochs(uint64_t count) const;

 private:
  struct Source {
    uint64_t rows;
    uint64_t begin, end;  // its places of a block, before they are shuffled
  };
  std::vector<Source> sources_;
  uint64_t batch_rows_, seed_;
};

// Where the stretch of `rank` among `world` begins in a batch of `rows`; that of rank + 1 begins where it ends.
inline uint64_t share_begin(uint64_t rows, int rank, int world) {
  return rows * static_cast<uint64_t>(rank) / static_cast<uint64_t>(world);
}

// Rows of a global batch for a budget of tokens that is never exceeded; at least one.
uint64_t rows_for_tokens(uint64_t batch_tokens, int64_t sequence_length);

}  // namespace lmkor::data
