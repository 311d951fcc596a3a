#include "lmkor/base/random.h"

namespace lmkor::base {

Permutation::Permutation(uint64_t size, uint64_t seed, uint64_t stream)
    : size_(size), seed_(seed), stream_(stream), half_bits_(1) {
  while (half_bits_ < 32 && (1ull << (2 * half_bits_)) < size_) ++half_bits_;
}

uint64_t Permutation::at(uint64_t index) const {
  const uint64_t mask = half_bits_ >= 32 ? 0xFFFFFFFFull : (1ull << half_bits_) - 1;
  const uint64_t high = (static_cast<uint64_t>(RandomUse::kShuffle) << 48) ^ stream_;
  do {
    uint64_t left = index >> half_bits_, right = index & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint64_t mixed = philox(seed_, right | round << 34, high)[0] & mask;
      const uint64_t next = left ^ mixed;
      left = right;
      right = next;
    }
    index = left << half_bits_ | right;
  } while (index >= size_);
  return index;
}

}  // namespace lmkor::base
