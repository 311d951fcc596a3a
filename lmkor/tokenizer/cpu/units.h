// The two loops of encoding that touch every byte: cutting text into units (words between ASCII spaces and
// punctuation, and the punctuation itself) and looking units up in the cache of words. Compiled for AVX-512, AVX2 and
// any processor, chosen once at run time; all give the same result. No vocabulary and no Unicode here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmkor/tokenizer/word_cache.h"

namespace lmkor::tokenizer::cpu {

inline constexpr size_t kBlockBytes = size_t{1} << 14;  // text cut and looked up at once: fits L1 with its units
inline constexpr size_t kPadding = 64;                  // readable bytes before and after a block's text

// A set of ASCII characters: c is in it if low[c & 15] has bit c >> 4.
struct AsciiSet {
  uint8_t low[16] = {};
  void add(char c) { low[c & 15] |= static_cast<uint8_t>(1 << (c >> 4)); }
  bool has(uint8_t c) const { return c < 0x80 && (low[c & 15] >> (c >> 4) & 1) != 0; }
};
struct Separators {
  AsciiSet spaces, punctuation;
};

// Units of one block: unit i is text[begins[i], ends[i]).
struct Units {
  uint16_t begins[kBlockBytes + 64];
  uint16_t ends[kBlockBytes + 64];
  size_t count;
  // Per 64 bytes of text: where units begin, and how many began before.
  uint64_t starts[kBlockBytes / 64 + 1];
  uint16_t before[kBlockBytes / 64 + 1];

  // Number of units that begin before `at`, which is at most the size of the text that was cut.
  size_t rank(size_t at) const {
    const uint64_t low = starts[at / 64] & ((uint64_t{1} << at % 64) - 1);
    return before[at / 64] + static_cast<size_t>(__builtin_popcountll(low));
  }
};

// One pass of looking up.
struct LookUp {
  const char* text;
  const Units* units;
  const WordCache* cache;
  int32_t* out;         // receives the ids; 8 more places than are used must exist
  uint32_t* positions;  // for each unit the number of ids written up to its end
  // Writes the ids of a unit that was not found and returns the place after them. Without `may_be_held` the cache does
  // not hold it, unless one of the last few units brought it.
  int32_t* (*miss)(void* owner, const char* word, size_t bytes, uint64_t hash, bool may_be_held, int32_t* out);
  void* owner;
};

struct Kernel {
  const char* name;
  // `text` has kPadding readable bytes on both sides; size <= kBlockBytes.
  void (*cut)(const Separators& separators, const char* text, size_t size, Units& units);
  // Returns the place after the last id.
  int32_t* (*look_up)(const LookUp& job);
};

// Those that this processor can run, the fastest first; the last one runs everywhere.
std::span<const Kernel* const> kernels();

namespace avx512 {
extern const Kernel kKernel;
}
namespace avx2 {
extern const Kernel kKernel;
}
namespace portable {
extern const Kernel kKernel;
}

}  // namespace lmkor::tokenizer::cpu
