// Scans compiled for AVX-512.
#include "lmkor/text/cpu/scan_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma GCC target("avx512f,avx512bw,avx2,bmi,bmi2,popcnt")

namespace lmkor::text::cpu::avx512 {
namespace {

struct Block {
  Block(const uint8_t* at, size_t size)
      : valid(~uint64_t{0} >> (kScanBytes - size)), bytes(_mm512_maskz_loadu_epi8(valid, at)) {}
  uint64_t in(uint8_t first, uint8_t last) const {
    const __m512i above = _mm512_sub_epi8(bytes, _mm512_set1_epi8(static_cast<char>(first)));
    return _mm512_mask_cmple_epu8_mask(valid, above, _mm512_set1_epi8(static_cast<char>(last - first)));
  }
  uint64_t valid;
  __m512i bytes;
};

#include "lmkor/text/cpu/scan_kernel.inc"

}  // namespace

const ScanKernel kKernel = {"avx512",          find_unplain, find_sign_pair, find_blank_pair,
                            find_sentence_end, find_number,  count};

}  // namespace lmkor::text::cpu::avx512
#endif
