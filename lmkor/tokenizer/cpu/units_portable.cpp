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

// Eight places at a time, wanted or not: no branch per bit.
inline uint16_t* put_places(uint64_t mask, uint16_t base, uint16_t* out) {
  const int count = std::popcount(mask);
  for (int done = 0; done < count; done += 8) {
    for (int i = 0; i < 8; ++i) {
      out[done + i] = static_cast<uint16_t>(base + std::countr_zero(mask));
      mask &= mask - 1;
    }
  }
  return out + count;
}

inline uint32_t place(const uint32_t* line, uint32_t tag) {
  uint32_t found = 0;
  for (size_t i = 0; i < kLineSlots; ++i) found = line[i] >> kPlaceBits == tag ? line[i] : found;
  return found & ((uint32_t{1} << kPlaceBits) - 1);
}

inline bool is(const char* word, size_t n, const ShortWord& entry) {
  return n == entry.length && std::memcmp(word, entry.key, n) == 0;
}
inline void put_8(const uint16_t* ids, int32_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = ids[i];
}

#include "lmkor/tokenizer/cpu/units.inc"

}  // namespace

const Kernel kKernel = {"portable", cut, look_up};

}  // namespace lmkor::tokenizer::cpu::portable
