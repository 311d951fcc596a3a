// The loops of text/scan.h over 64 bytes at a time, compiled for AVX-512, AVX2 and any processor, chosen once at run
// time; all give the same result. No byte outside of the text is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmkor/text/scan.h"

namespace lmkor::text::cpu {

// How many bytes are of each class. A character beyond ASCII is counted by its first byte.
struct ByteCounts {
  size_t ascii, blank, latin, digit, trail, syllable, jamo;
};

struct ScanKernel {
  // Searches `size` bytes from byte `from` on; `size` where nothing is found.
  using Find = size_t (*)(const uint8_t* bytes, size_t size, size_t from);

  const char* name;
  Find unplain, sign_pair, blank_pair, sentence_end, number;
  void (*count)(const uint8_t* bytes, size_t size, ByteCounts& counts);
};

// Those that this processor can run, the fastest first; the last one runs everywhere.
std::span<const ScanKernel* const> scan_kernels();

namespace avx512 {
extern const ScanKernel kKernel;
}
namespace avx2 {
extern const ScanKernel kKernel;
}
namespace portable {
extern const ScanKernel kKernel;
}

}  // namespace lmkor::text::cpu
