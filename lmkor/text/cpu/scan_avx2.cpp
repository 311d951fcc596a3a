// Scans compiled for AVX2.
#include "lmkor/text/cpu/scan_kernel.h"

#if defined(__x86_64__)
#include <cstring>

#include <immintrin.h>

#pragma GCC target("avx2,bmi,bmi2,popcnt")

namespace lmkor::text::cpu::avx2 {
namespace {

struct Block {
  Block(const uint8_t* at, size_t size) : valid(~uint64_t{0} >> (kScanBytes - size)) {
    alignas(32) uint8_t whole[kScanBytes];
    if (size < kScanBytes) {
      std::memset(whole, 0, sizeof whole);
      std::memcpy(whole, at, size);
      at = whole;
    }
    for (size_t i = 0; i < 2; ++i) halves[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at) + i);
  }
  uint64_t in(uint8_t first, uint8_t last) const {
    uint32_t masks[2];
    for (size_t i = 0; i < 2; ++i) {
      const __m256i above = _mm256_sub_epi8(halves[i], _mm256_set1_epi8(static_cast<char>(first)));
      const __m256i within = _mm256_min_epu8(above, _mm256_set1_epi8(static_cast<char>(last - first)));
      masks[i] = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(above, within)));
    }
    return (uint64_t{masks[1]} << 32 | masks[0]) & valid;
  }
  uint64_t valid;
  __m256i halves[2];
};

#include "lmkor/text/cpu/scan_kernel.inc"

}  // namespace

const ScanKernel kKernel = {"avx2",      find_unplain, find_sign_pair, find_blank_pair, find_sentence_end,
                            find_number, count};

}  // namespace lmkor::text::cpu::avx2
#endif
