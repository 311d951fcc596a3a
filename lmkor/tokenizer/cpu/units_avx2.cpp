// Cutting and looking up compiled for AVX2.
#include "lmkor/tokenizer/cpu/units.h"

#if defined(__x86_64__)
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include <immintrin.h>

#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt")

namespace lmkor::tokenizer::cpu::avx2 {
namespace {

inline __m256i load_32(const void* at) { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }

struct SetTables {
  explicit SetTables(const AsciiSet& set)
      : low(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(set.low)))) {}
  __m256i low;
};
struct Bytes {
  explicit Bytes(const char* text) {
    const __m256i rows =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    for (int i = 0; i < 2; ++i) {
      bytes[i] = load_32(text + 32 * i);
      high[i] = _mm256_shuffle_epi8(rows, _mm256_and_si256(_mm256_srli_epi16(bytes[i], 4), _mm256_set1_epi8(15)));
    }
  }
  __m256i bytes[2], high[2];
};
inline uint64_t in_set(const Bytes& b, const SetTables& set) {
  uint32_t outside[2];
  for (int i = 0; i < 2; ++i) {
    const __m256i common = _mm256_and_si256(_mm256_shuffle_epi8(set.low, b.bytes[i]), b.high[i]);
    outside[i] = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(common, _mm256_setzero_si256())));
  }
  return ~(uint64_t{outside[1]} << 32 | outside[0]);
}

#include "lmkor/tokenizer/cpu/bits.inc"

inline uint32_t place(const uint32_t* line, uint32_t tag) {
  const __m256i wanted = _mm256_set1_epi32(static_cast<int>(tag));
  const auto same_8 = [&](const uint32_t* slots) {
    const __m256i equal = _mm256_cmpeq_epi32(_mm256_srli_epi32(load_32(slots), kPlaceBits), wanted);
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
  };
  const uint32_t same = same_8(line) | same_8(line + 8) << 8;
  const uint32_t at = line[_tzcnt_u32(same | 0x8000)] & ((uint32_t{1} << kPlaceBits) - 1);
  return same != 0 ? at : 0;
}

inline bool is(const char* word, size_t n, const CachedWord& entry) {
  constexpr unsigned kKey = offsetof(CachedWord, key);
  const uint32_t wanted =
      _bzhi_u32(~uint32_t{0}, kKey + static_cast<unsigned>(std::min(n, CachedWord::kBytes))) >> kKey << kKey;
  const __m256i equal = _mm256_cmpeq_epi8(load_32(word - kKey), load_32(&entry));
  return ((~static_cast<uint32_t>(_mm256_movemask_epi8(equal)) & wanted) | (n ^ entry.length)) == 0;
}

#include "lmkor/tokenizer/cpu/units.inc"

}  // namespace

const Kernel kKernel = {"avx2", cut, find, portable::read_threes, portable::walk};

}  // namespace lmkor::tokenizer::cpu::avx2
#endif
