// Which of 64 bytes of valid UTF-8 are what, as masks: compiled for AVX-512, AVX2 and any processor, chosen once at run
// time; all give the same result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lmkor::text::cpu {

inline constexpr size_t kMaskBytes = 64;

// Bit i is of byte i; bits beyond the bytes given are 0. A character is known by its first byte; those of which the
// rest lies beyond the bytes given are not known to be syllables or jamo.
struct ByteMasks {
  uint64_t ascii;
  uint64_t visible;  // U+0021 to U+007E
  uint64_t blank;    // U+0020, LF
  uint64_t tab;
  uint64_t latin;  // a-z, A-Z
  uint64_t digit;
  uint64_t at_sign;
  uint64_t trail;     // 80 to BF: inside of a character
  uint64_t syllable;  // U+AC00 to U+D7A3
  uint64_t jamo;      // U+3131 to U+3163
};

// How many of each class.
struct ByteCounts {
  size_t ascii, blank, tab, latin, digit, at_sign, trail, syllable, jamo;
};

// `size` is from 1 to kMaskBytes; no other bytes are read.
struct MaskKernel {
  const char* name;
  void (*classify)(const uint8_t* bytes, size_t size, ByteMasks& masks);
  // Adds the counts of the first `counted` bytes, which the others only help to judge.
  void (*count)(const uint8_t* bytes, size_t size, size_t counted, ByteCounts& counts);
};

// Those that this processor can run, the fastest first; the last one runs everywhere.
std::span<const MaskKernel* const> mask_kernels();

namespace avx512 {
extern const MaskKernel kKernel;
}
namespace avx2 {
extern const MaskKernel kKernel;
}
namespace portable {
extern const MaskKernel kKernel;
}

}  // namespace lmkor::text::cpu
