// MinHash loops compiled for AVX-512.
#include "lmkor/corpus/cpu/minhash.h"

#if defined(__x86_64__)
#include <algorithm>
#include <array>
#include <utility>

#include <immintrin.h>

// g++ 12 warns of the vectors that its own headers leave undefined on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx2,bmi,bmi2,popcnt")

namespace lmkor::corpus::cpu::avx512 {
namespace {

struct Lanes {
  static constexpr size_t kCount = 16;
  static Lanes load(const uint32_t* at) { return {_mm512_loadu_si512(at)}; }
  static Lanes splat(uint32_t value) { return {_mm512_set1_epi32(static_cast<int>(value))}; }
  static Lanes multiply_add(Lanes x, Lanes a, Lanes b) { return {_mm512_add_epi32(_mm512_mullo_epi32(x.v, a.v), b.v)}; }
  static Lanes least(Lanes a, Lanes b) { return {_mm512_min_epu32(a.v, b.v)}; }
  void store(uint32_t* at) const { _mm512_storeu_si512(at, v); }
  __m512i v;
};
constexpr size_t kVectors = 8;

#include "lmkor/corpus/cpu/minhash.inc"

void separators(const char* text, size_t blocks, uint64_t* masks) {
  const __m512i case_bit = _mm512_set1_epi8(0x20);
  for (size_t i = 0; i < blocks; ++i) {
    const __m512i bytes = _mm512_loadu_si512(text + 64 * i);
    const __m512i letter = _mm512_sub_epi8(_mm512_or_si512(bytes, case_bit), _mm512_set1_epi8('a'));
    const __m512i digit = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
    masks[i] = ~(_mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26)) |
                 _mm512_cmplt_epu8_mask(digit, _mm512_set1_epi8(10)) | _mm512_movepi8_mask(bytes));
  }
}

}  // namespace

const MinhashKernel kKernel = {"avx512", minima, separators};

}  // namespace lmkor::corpus::cpu::avx512
#endif
