// Words to pieces by AVX-512: sixteen words in the lanes of a register, two registers in turn.
#include "lmkor/tokenizer/cpu/walk.h"

#if defined(__x86_64__)
#include <algorithm>
#include <bit>

#include <immintrin.h>

// g++ 12 warns of the vectors that its own headers leave undefined on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,popcnt,lzcnt")

namespace lmkor::tokenizer::cpu::avx512 {
namespace {

using Packed = Trie::Packed;

inline __m512i all(uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }
inline __m512i iota() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }

// Pieces in the order in which they are found: those of different words mixed, those of one word in order.
class Log {
 public:
  explicit Log(const Trie& trie, const Walks& walks) : trie_(trie), walks_(walks) {}
  void add(__mmask16 which, __m512i words, __m512i tokens) {
    _mm512_storeu_si512(words_ + size_, _mm512_maskz_compress_epi32(which, words));
    _mm512_storeu_si512(tokens_ + size_, _mm512_maskz_compress_epi32(which, tokens));
    size_ += static_cast<size_t>(std::popcount(static_cast<unsigned>(which)));
    if (size_ > kRoom - 16) flush();
  }
  void flush() {
    for (size_t i = 0; i < size_; ++i) {
      const uint32_t word = words_[i], token = tokens_[i];
      const uint32_t before = token == Trie::kNoToken ? 0 : walks_.counts[word];
      walks_.ids[walks_.begins[word] + before] = static_cast<int32_t>(trie_.packed[token] & Packed::kValue);
      walks_.counts[word] = before + 1;
    }
    size_ = 0;
  }

 private:
  static constexpr size_t kRoom = 512;
  const Trie& trie_;
  const Walks& walks_;
  uint32_t words_[kRoom], tokens_[kRoom];
  size_t size_ = 0;
};

struct Lanes {
  __m512i word;
  __m512i at, end;  // the next symbol, the end of the word
  __m512i begin;    // of the next piece, if none longer than `token` is found
  __m512i base;     // of the node that the piece has led to
  __m512i token;    // the place of the longest token found since the last piece
};

}  // namespace

bool read_threes(const uint32_t* table, uint32_t odd, const char* raw, size_t bytes, uint32_t* symbols) {
  alignas(64) static constexpr struct Order {  // byte 2, 1, 0 of each three, and one to be cleared
    uint8_t at[64];
    constexpr Order() : at() {
      for (int i = 0; i < 64; ++i) at[i] = static_cast<uint8_t>(i / 4 * 3 + (2 - i % 4 % 3));
    }
  } kOrder;
  constexpr __mmask64 kThree = 0x7777777777777777;
  for (size_t done = 0; done < bytes; done += 48) {
    const auto now = static_cast<unsigned>(std::min<size_t>(bytes - done, 48));
    const auto lanes = static_cast<__mmask16>(_bzhi_u32(0xFFFF, now / 3));
    const __m512i text = _mm512_maskz_loadu_epi8(_bzhi_u64(~uint64_t{0}, now), raw + done);
    const __m512i three = _mm512_maskz_permutexvar_epi8(kThree, _mm512_load_si512(kOrder.at), text);
    const __m512i form = _mm512_and_si512(three, all(0xF0C0C0));
    const __mmask16 wrong = _mm512_mask_cmpneq_epi32_mask(lanes, form, all(0xE08080)) |
                            _mm512_mask_testn_epi32_mask(lanes, three, all(0x0F0000));
    const __m512i point = _mm512_or_si512(_mm512_and_si512(three, all(0x3F)),
                                          _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(three, 2), all(0xFC0)),
                                                          _mm512_and_si512(_mm512_srli_epi32(three, 4), all(0xF000))));
    const __m512i symbol = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, point, table, 4);
    if ((wrong | _mm512_test_epi32_mask(symbol, all(odd))) != 0) return false;
    _mm512_mask_storeu_epi32(symbols + done / 3, lanes, symbol);
  }
  return true;
}

void walk(const Trie& trie, const Walks& walks) {
  if (trie.packed == nullptr) return portable::walk(trie, walks);
  const auto count = static_cast<uint32_t>(walks.count);
  std::fill_n(walks.counts, count, 0);
  Log log(trie, walks);
  const __m512i root = all(trie.root), continuing = all(trie.continuing), one = all(1);
  uint32_t next = 0;
  const auto start = [&](Lanes& lanes, __mmask16 free) {
    const __m512i begins = _mm512_loadu_si512(walks.begins + next);
    const __m512i ends = _mm512_sub_epi32(_mm512_loadu_si512(walks.begins + next + 1), one);
    lanes.word = _mm512_mask_expand_epi32(lanes.word, free, _mm512_add_epi32(all(next), iota()));
    lanes.at = _mm512_mask_expand_epi32(lanes.at, free, begins);
    lanes.begin = _mm512_mask_mov_epi32(lanes.begin, free, lanes.at);
    lanes.end = _mm512_mask_expand_epi32(lanes.end, free, ends);
    lanes.token = _mm512_mask_mov_epi32(lanes.token, free, all(Trie::kNoToken));
    lanes.base = _mm512_mask_mov_epi32(lanes.base, free, root);
    const __m512i size = _mm512_sub_epi32(lanes.end, lanes.at);
    lanes.base = _mm512_mask_mov_epi32(lanes.base, _mm512_mask_cmpgt_epi32_mask(free, size, all(trie.max_symbols)),
                                       all(trie.nowhere));
    next = std::min(next + static_cast<uint32_t>(std::popcount(static_cast<unsigned>(free))), count);
  };
  // Returns whether a lane still had a word.
  const auto step = [&](Lanes& lanes) {
    const __mmask16 active = _mm512_cmplt_epu32_mask(lanes.word, all(count));
    const __m512i symbol = _mm512_i32gather_epi32(lanes.at, walks.symbols, 4);
    const __m512i place = _mm512_add_epi32(lanes.base, symbol);
    const __m512i node = _mm512_i32gather_epi32(place, trie.packed, 4);
    const __mmask16 hit = _mm512_cmpeq_epi32_mask(_mm512_srli_epi32(node, Packed::kSymbolShift), symbol);
    const __mmask16 leaf = _mm512_mask_test_epi32_mask(hit, node, all(Packed::kLeaf));
    const __mmask16 found = _mm512_mask_test_epi32_mask(hit, node, all(Packed::kToken));
    const auto stop = static_cast<__mmask16>(~hit | leaf);
    const __m512i base = _mm512_and_si512(node, all(Packed::kValue));
    lanes.at = _mm512_mask_add_epi32(lanes.at, hit, lanes.at, one);
    lanes.token = _mm512_mask_mov_epi32(lanes.token, found, _mm512_mask_mov_epi32(base, leaf, place));
    lanes.begin = _mm512_mask_mov_epi32(lanes.begin, found, lanes.at);
    const auto done = static_cast<__mmask16>(_mm512_mask_cmpeq_epi32_mask(stop, lanes.begin, lanes.end) |
                                             _mm512_mask_cmpeq_epi32_mask(stop, lanes.token, all(Trie::kNoToken)));
    log.add(static_cast<__mmask16>(stop & active), lanes.word, lanes.token);
    lanes.at = _mm512_mask_mov_epi32(lanes.at, stop, lanes.begin);
    lanes.base = _mm512_mask_mov_epi32(base, stop, continuing);
    lanes.token = _mm512_mask_mov_epi32(lanes.token, stop, all(Trie::kNoToken));
    if (done != 0) start(lanes, done);
    return active;
  };
  Lanes first{}, second{};
  start(first, 0xFFFF);
  start(second, 0xFFFF);
  while ((step(first) | step(second)) != 0) {
  }
  log.flush();
}

}  // namespace lmkor::tokenizer::cpu::avx512
#endif
