// The set of sentences seen so far, by 128-bit hash: exact for all purposes (a billion sentences collide with a chance
// of 2e-21). Open addressing, 16 bytes a slot and at most 3 of 4 slots full: 21 to 43 bytes for each sentence, half as
// much again for a moment while it grows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lmkor/base/hash.h"

namespace lmkor::corpus {

class SentenceSet {
 public:
  SentenceSet();
  // True if `hash` was not in the set.
  bool insert(const base::Hash128& hash);
  // Asks for the memory that insert(hash) will look at.
  void prefetch(const base::Hash128& hash) const { __builtin_prefetch(&slots_[hash.low & mask_]); }
  uint64_t size() const { return size_; }
  uint64_t memory_bytes() const { return slots_.capacity() * sizeof(base::Hash128); }

 private:
  void grow();
  std::vector<base::Hash128> slots_;  // all zero: free
  uint64_t mask_ = 0;
  uint64_t size_ = 0;
};

// Hash of `sentence` with runs of blanks taken as one and outer ones as none; never all zero.
base::Hash128 sentence_hash(std::string_view sentence);

}  // namespace lmkor::corpus
