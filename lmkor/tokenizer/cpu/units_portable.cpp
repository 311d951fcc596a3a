// Cutting and looking up compiled for any processor.
#include "lmkor/tokenizer/cpu/units.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lmkor::tokenizer::cpu::portable {
namespace {

struct SetTables {
  explicit SetTables(const AsciiSet& set) {
    for (int c = 0; c < 256; ++c) member[c] = set.has(static_cast<uint8_t>(c));
  }
  uint8_t member[256];
};
struct Bytes {
  explicit Bytes(const char* from) : text(reinterpret_cast<const unsigned char*>(from)) {}
  const unsigned char* text;
};
inline uint64_t in_set(const Bytes& bytes, const SetTables& set) {
  uint64_t mask = 0;
  for (int i = 0; i < 64; ++i) mask |= uint64_t{set.member[bytes.text[i]]} << i;
  return mask;
}

#include "lmkor/tokenizer/cpu/bits.inc"

inline uint32_t place(const uint32_t* line, uint32_t tag) {
  uint32_t found = 0;
  for (size_t i = 0; i < kLineSlots; ++i) found = line[i] >> kPlaceBits == tag ? line[i] : found;
  return found & ((uint32_t{1} << kPlaceBits) - 1);
}

inline bool is(const char* word, size_t n, const CachedWord& entry) {
  return n == entry.length && std::memcmp(word, entry.key, std::min(n, CachedWord::kBytes)) == 0;
}

#include "lmkor/tokenizer/cpu/units.inc"

}  // namespace

const Kernel kKernel = {"portable", cut, find, read_threes, walk};

}  // namespace lmkor::tokenizer::cpu::portable
