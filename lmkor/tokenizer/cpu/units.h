// The two loops of encoding that touch every byte: cutting text into units (words between ASCII spaces and marks, which
// is what ASCII punctuation is called here, and the marks themselves) and looking words up in the cache. Compiled for
// AVX-512, AVX2 and any processor, chosen once at run time; all give the same result. No vocabulary and no Unicode
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmkor/tokenizer/cpu/walk.h"
#include "lmkor/tokenizer/word_cache.h"

namespace lmkor::tokenizer::cpu {

inline constexpr size_t kBlockBytes = size_t{1} << 13;  // text cut and looked up at once: fits L1 with its units
inline constexpr size_t kPadding = 64;                  // readable bytes before and after a block's text

// A set of ASCII characters: c is in it if low[c & 15] has bit c >> 4.
struct AsciiSet {
  uint8_t low[16] = {};
  void add(char c) { low[c & 15] |= static_cast<uint8_t>(1 << (c >> 4)); }
  bool has(uint8_t c) const { return c < 0x80 && (low[c & 15] >> (c >> 4) & 1) != 0; }
};
struct Separators {
  AsciiSet spaces, marks;
};

// Units of one block: words and marks, numbered together in the order of the text.
struct Units {
  static constexpr size_t kMost = kBlockBytes + 64;  // what a step writes too much included
  static constexpr size_t kMostWords = kBlockBytes / 2 + 64;

  size_t count;
  size_t words;
  // Word i is text[begins[i], ends[i]) and unit numbers[i].
  uint16_t begins[kMostWords], ends[kMostWords], numbers[kMostWords];
  // By unit, where the cache holds its ids: of a mark its byte; of a word 0 if the cache does not hold it.
  uint32_t places[kMost];
  uint64_t hashes[kMostWords];  // of words
  // The words that were not found. Without `may_be_held` the cache does not hold it.
  struct Missed {
    uint16_t word;
    bool may_be_held;
  } missed[kMostWords];
  size_t missed_count;

  // Per 64 bytes of text: where units begin, and how many began before.
  uint64_t starts[kBlockBytes / 64 + 1];
  uint16_t before[kBlockBytes / 64 + 1];

  // Number of units that begin before `at`, which is at most the size of the text that was cut.
  size_t rank(size_t at) const {
    const uint64_t low = starts[at / 64] & ((uint64_t{1} << at % 64) - 1);
    return before[at / 64] + static_cast<size_t>(__builtin_popcountll(low));
  }
};

struct Kernel {
  const char* name;
  // Fills in what find() does not; `text` has kPadding readable bytes on both sides; size <= kBlockBytes.
  void (*cut)(const Separators& separators, const char* text, size_t size, Units& units);
  // Looks all words up.
  void (*find)(const WordCache& cache, const char* text, Units& units);
  // What words go through that it does not hold.
  ReadThrees* read_threes;
  Walk* walk;
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
