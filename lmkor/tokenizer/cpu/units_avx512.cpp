// Cutting and looking up compiled for AVX-512.
#include "lmkor/tokenizer/cpu/units.h"

#if defined(__x86_64__)
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include <immintrin.h>

// g++ 12 warns of the vectors that its own headers leave undefined on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2,popcnt,lzcnt")

namespace lmkor::tokenizer::cpu::avx512 {
namespace {

struct SetTables {
  explicit SetTables(const AsciiSet& set)
      : low(_mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(set.low)))) {}
  __m512i low;
};
struct Bytes {
  explicit Bytes(const char* text) : bytes(_mm512_loadu_si512(text)) {
    const __m512i rows = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    high = _mm512_shuffle_epi8(rows, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), _mm512_set1_epi8(15)));
  }
  __m512i bytes, high;
};
inline uint64_t in_set(const Bytes& b, const SetTables& set) {
  return _mm512_test_epi8_mask(_mm512_shuffle_epi8(set.low, b.bytes), b.high);
}

inline uint16_t* put_positions(uint64_t mask, uint16_t base, uint16_t* out) {
  alignas(64) static constexpr struct Iota {
    uint8_t bytes[64];
    constexpr Iota() : bytes() {
      for (uint8_t i = 0; i < 64; ++i) bytes[i] = i;
    }
  } kIota;
  const __m512i set = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(kIota.bytes));
  const __m512i bases = _mm512_set1_epi16(static_cast<int16_t>(base));
  const auto put = [&](__m256i bytes, uint16_t* at) {
    _mm512_storeu_si512(at, _mm512_add_epi16(_mm512_cvtepu8_epi16(bytes), bases));
  };
  const int count = std::popcount(mask);
  put(_mm512_castsi512_si256(set), out);
  if (count > 32) [[unlikely]]
    put(_mm512_extracti64x4_epi64(set, 1), out + 32);
  return out + count;
}
inline uint32_t* put_bytes(uint64_t mask, const char* text, uint32_t* out) {
  const __m512i set = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(text));
  const int count = std::popcount(mask);
  _mm512_storeu_si512(out, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(set)));
  if (count > 16) [[unlikely]] {
    _mm512_storeu_si512(out + 16, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(set, 1)));
    _mm512_storeu_si512(out + 32, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(set, 2)));
    _mm512_storeu_si512(out + 48, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(set, 3)));
  }
  return out + count;
}
inline uint16_t* put_ranks(uint64_t mask, uint64_t set, uint16_t base, uint16_t* out) {
  return put_positions(_pext_u64(mask, set), base, out);
}

inline uint32_t place(const uint32_t* line, uint32_t tag) {
  const __m512i tags = _mm512_srli_epi32(_mm512_load_si512(line), kPlaceBits);
  const uint32_t same = _mm512_cmpeq_epi32_mask(tags, _mm512_set1_epi32(static_cast<int>(tag)));
  const uint32_t at = line[_tzcnt_u32(same | 0x8000)] & ((uint32_t{1} << kPlaceBits) - 1);
  return same != 0 ? at : 0;
}

// The length takes the place of the byte before the word, where an entry has its own; length 0 is no word.
inline bool is(const char* word, size_t n, const CachedWord& entry) {
  constexpr unsigned kKey = offsetof(CachedWord, key);
  const uint32_t wanted = _bzhi_u32(~uint32_t{0}, kKey + static_cast<unsigned>(std::min(n, CachedWord::kBytes))) >>
                          (kKey - 1) << (kKey - 1);
  const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(word - kKey));
  const __m256i key =
      _mm256_mask_set1_epi8(text, uint32_t{1} << (kKey - 1), static_cast<char>(std::min<size_t>(n, 255)));
  const __m256i held = _mm256_load_si256(reinterpret_cast<const __m256i*>(&entry));
  return _mm256_mask_cmpneq_epi8_mask(wanted, key, held) == 0;
}

#include "lmkor/tokenizer/cpu/units.inc"

}  // namespace

const Kernel kKernel = {"avx512", cut, find, read_threes, walk};

}  // namespace lmkor::tokenizer::cpu::avx512
#endif
