// Scans for any processor.
#include "lmkor/text/cpu/scan_kernel.h"

#include <bit>
#include <cstring>

namespace lmkor::text::cpu::portable {
namespace {

static_assert(std::endian::native == std::endian::little);

// Eight bytes at a time in one word.
struct Block {
  Block(const uint8_t* at, size_t size) : valid(~uint64_t{0} >> (kScanBytes - size)) { std::memcpy(words, at, size); }
  uint64_t in(uint8_t first, uint8_t last) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < 8; ++i)
      mask |= gathered(not_below(words[i], first) & ~not_below(words[i], last + 1)) << (8 * i);
    return mask & valid;
  }
  // The high bit of each byte of the result tells whether the byte of `word` is at least `bound`, from 0 to 256.
  static uint64_t not_below(uint64_t word, unsigned bound) {
    constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    if (bound > 0xFF) return 0;
    const uint64_t low = ((word & ~kHigh) | kHigh) - kOnes * (bound & 0x7F);  // high bit: the low 7 bits are not below
    return bound < 0x80 ? (low | word) & kHigh : low & word & kHigh;
  }
  // The high bits of eight bytes as eight bits.
  static uint64_t gathered(uint64_t high) { return (high >> 7) * 0x0102040810204080 >> 56; }
  uint64_t valid;
  uint64_t words[8] = {};
};

#include "lmkor/text/cpu/scan_kernel.inc"

}  // namespace

const ScanKernel kKernel = {"portable",        find_unplain, find_sign_pair, find_blank_pair,
                            find_sentence_end, find_number,  count};

}  // namespace lmkor::text::cpu::portable
