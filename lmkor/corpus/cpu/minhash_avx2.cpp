// MinHash loops compiled for AVX2.
#include "lmkor/corpus/cpu/minhash.h"

#if defined(__x86_64__)
#include <algorithm>
#include <array>
#include <utility>

#include <immintrin.h>

#pragma GCC target("avx2,bmi,bmi2,popcnt")

namespace lmkor::corpus::cpu::avx2 {
namespace {

struct Lanes {
  static constexpr size_t kCount = 8;
  static Lanes load(const uint32_t* at) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))}; }
  static Lanes splat(uint32_t value) { return {_mm256_set1_epi32(static_cast<int>(value))}; }
  static Lanes multiply_add(Lanes x, Lanes a, Lanes b) { return {_mm256_add_epi32(_mm256_mullo_epi32(x.v, a.v), b.v)}; }
  static Lanes least(Lanes a, Lanes b) { return {_mm256_min_epu32(a.v, b.v)}; }
  void store(uint32_t* at) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), v); }
  __m256i v;
};
constexpr size_t kVectors = 8;

#include "lmkor/corpus/cpu/minhash.inc"

uint32_t words_of(const char* text) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const auto below = [](__m256i x, char limit) {
    return _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(static_cast<char>(limit - 1))), x);
  };
  const __m256i letter = _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
  const __m256i digit = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
  return static_cast<uint32_t>(
      _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(below(letter, 26), below(digit, 10)), bytes)));
}

void separators(const char* text, size_t blocks, uint64_t* masks) {
  for (size_t i = 0; i < blocks; ++i) {
    masks[i] = ~(words_of(text + 64 * i) | static_cast<uint64_t>(words_of(text + 64 * i + 32)) << 32);
  }
}

}  // namespace

const MinhashKernel kKernel = {"avx2", minima, separators};

}  // namespace lmkor::corpus::cpu::avx2
#endif
