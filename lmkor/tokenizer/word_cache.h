// Cache of one thread from the raw bytes of a unit (a word or a punctuation mark) to its ids. Words lie in a ring in
// the order in which they were first seen, so that the frequent ones of a text, which come early, lie close together;
// an index of short tags says where. Takes memory as it fills, up to a bound; then a new word takes the oldest one's
// place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lmkor::tokenizer {

template <size_t max_bytes, size_t max_ids>
struct CachedWord {
  static constexpr size_t kMaxBytes = max_bytes;
  static constexpr size_t kMaxIds = max_ids;
  uint16_t ids[max_ids];
  uint8_t count;   // more than kMaxIds: the ids stand among the long words
  uint8_t length;  // 0: empty
  char key[max_bytes];
};
// 98 % of the units of Korean text have at most 20 bytes, six syllables; nearly all have at most 88.
using ShortWord = CachedWord<20, 5>;
using LongWord = CachedWord<88, 19>;
static_assert(sizeof(ShortWord) == 32 && sizeof(LongWord) == 128);

// Hash of a word by its first 16 and last 8 bytes. 16 bytes on both sides of it must be readable.
inline uint64_t word_hash(const char* word, size_t bytes) {
  struct Masks {
    uint64_t first, second, last, unused;
  };
  static constexpr struct Table {
    Masks rows[17];
    constexpr Table() : rows() {
      const auto ones = [](int count) { return count >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * count) - 1; };
      for (int n = 0; n <= 16; ++n) rows[n] = {ones(n), n < 8 ? 0 : ones(n - 8), n < 8 ? ~ones(8 - n) : ones(8), 0};
    }
  } kTable;
  const Masks& masks = kTable.rows[bytes < 16 ? bytes : 16];
  const auto load = [](const char* at) {
    uint64_t value;
    std::memcpy(&value, at, 8);
    return value;
  };
  const auto fold = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const uint64_t first = load(word) & masks.first, second = load(word + 8) & masks.second;
  const uint64_t last = load(word + bytes - 8) & masks.last;
  return fold(fold(first ^ 0x9E3779B97F4A7C15u, second ^ 0xC2B2AE3D27D4EB4Fu) ^ last ^ bytes, 0xE7037ED1A0B428DBu);
}

// Memory that costs nothing until it is touched, in huge pages where it is large.
class LazyMemory {
 public:
  explicit LazyMemory(size_t bytes);
  ~LazyMemory();
  LazyMemory(const LazyMemory&) = delete;
  LazyMemory& operator=(const LazyMemory&) = delete;
  void* begin() const { return begin_; }

 private:
  void* mapped_;
  size_t mapped_bytes_;
  void* begin_;
};

// The index is lines of 16 slots, found by the upper bits of a hash; a slot holds a tag, which is the lower bits, above
// the number of a word's place. 0 is an empty slot; place 0 holds no word.
inline constexpr int kPlaceBits = 21;
inline constexpr size_t kLineSlots = 16;
inline uint32_t word_tag(uint64_t hash) {
  const auto tag = static_cast<uint32_t>(hash) & ((uint32_t{1} << (32 - kPlaceBits)) - 1);
  return tag == 0 ? 1 : tag;
}

template <class Word>
class WordRing {
 public:
  explicit WordRing(size_t max_bytes);

  const uint32_t* line(uint64_t hash) const { return index() + kLineSlots * (hash >> shift_); }
  const Word* words() const { return static_cast<const Word*>(words_.begin()); }
  // Null if the ring does not hold the word.
  const Word* find(const char* word, size_t bytes, uint64_t hash) const;
  // Adds a word of 1 to kMaxBytes bytes; the caller fills in count and ids.
  Word& insert(const char* word, size_t bytes, uint64_t hash);
  void clear();

 private:
  uint32_t* index() const { return static_cast<uint32_t*>(index_.begin()); }
  size_t lines() const { return size_t{1} << (64 - shift_); }
  Word& place(size_t at) { return static_cast<Word*>(words_.begin())[at]; }
  uint64_t hash_of(size_t at);
  void set_lines(size_t lines);
  void put(size_t at, uint64_t hash);

  size_t places_;
  LazyMemory words_, index_;
  int shift_ = 0;
  size_t next_ = 1;       // where the next word goes
  bool wrapped_ = false;  // all places hold words
};

class WordCache {
 public:
  // Takes up to `max_bytes` for short words (rounded down to a power of two, 8 KiB to 64 MiB), half of that for long
  // ones, and 0.3 times as much for the indexes.
  explicit WordCache(size_t max_bytes) : short_(max_bytes), long_(max_bytes / 2) {}

  const WordRing<ShortWord>& short_words() const { return short_; }
  const WordRing<LongWord>& long_words() const { return long_; }
  // Writes the ids of a unit it holds and returns the place after them; null if it does not hold it.
  int32_t* find(const char* word, size_t bytes, uint64_t hash, int32_t* out) const;
  // Holds the ids of a unit, if they fit. A unit that is held already is then held twice, which does no harm.
  void insert(const char* word, size_t bytes, uint64_t hash, const int32_t* ids, size_t count);
  void clear() {
    short_.clear();
    long_.clear();
  }

 private:
  WordRing<ShortWord> short_;
  WordRing<LongWord> long_;
};

}  // namespace lmkor::tokenizer
