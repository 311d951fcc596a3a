// MinHash loops in plain C++: the reference of the others.
#include "lmkor/corpus/cpu/minhash.h"

#include <algorithm>

namespace lmkor::corpus::cpu::portable {
namespace {

void minima(const uint32_t* shingles, size_t count, const uint32_t* multipliers, const uint32_t* increments,
            size_t lanes, uint32_t* out) {
  std::fill(out, out + lanes, UINT32_MAX);
  for (size_t i = 0; i < count; ++i) {
    for (size_t lane = 0; lane < lanes; ++lane) {
      out[lane] = std::min(out[lane], shingles[i] * multipliers[lane] + increments[lane]);
    }
  }
}

void separators(const char* text, size_t blocks, uint64_t* masks) {
  for (size_t block = 0; block < blocks; ++block) {
    uint64_t mask = 0;
    for (size_t i = 0; i < 64; ++i) {
      const auto byte = static_cast<unsigned char>(text[64 * block + i]);
      const bool in_word = byte >= 0x80 || byte - 48u < 10u || (byte | 0x20u) - 97u < 26u;
      mask |= static_cast<uint64_t>(!in_word) << i;
    }
    masks[block] = mask;
  }
}

}  // namespace

const MinhashKernel kKernel = {"portable", minima, separators};

}  // namespace lmkor::corpus::cpu::portable
