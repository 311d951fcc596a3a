// Cache of one thread from the raw bytes of a word to its ids. Words lie in a ring in the order in which they were
// first seen, so that the frequent ones of a text, which come early, lie close together; an index of short tags says
// where. Takes memory as it fills, up to a bound; then new words take the oldest ones' places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace lmkor::tokenizer {

// A word and its ids, in one place of the cache if they fit, else in several that follow each other: then the further
// ids and the rest of the key, in this order, stand behind it. 96 % of the words of Korean text fit one place.
struct CachedWord {
  static constexpr size_t kIds = 5, kBytes = 20;
  static constexpr size_t kMaxIds = 254, kMaxBytes = 254;
  static constexpr uint8_t kLoose = 255;  // as a count: the cache does not hold the ids

  uint16_t ids[kIds];
  uint8_t count;   // of all ids
  uint8_t length;  // of all bytes; 0: no word
  char key[kBytes];

  const uint16_t* further_ids() const { return reinterpret_cast<const uint16_t*>(this + 1); }
  const char* further_key() const {
    return reinterpret_cast<const char*>(further_ids() + (count > kIds ? count - kIds : 0));
  }
  uint32_t places() const {
    const uint32_t further = (count > kIds ? 2 * (count - kIds) : 0) + (length > kBytes ? length - kBytes : 0);
    return 1 + (further + 31) / 32;
  }
};
static_assert(sizeof(CachedWord) == 32);

// Hash of a word by its first, middle and last 8 bytes. 8 bytes on both sides of it must be readable.
inline uint64_t word_hash(const char* word, size_t bytes) {
  const auto load = [](const char* at) {
    uint64_t value;
    std::memcpy(&value, at, 8);
    return value;
  };
  const auto fold = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const size_t foreign = bytes < 8 ? 8 * (8 - bytes) : 0;  // bits of what is loaded that are not the word's
  const uint64_t first = load(word) << foreign, last = load(word + bytes - 8) >> foreign;
  const uint64_t middle = bytes < 8 ? 0 : load(word + bytes / 2 - 4);
  return fold(first ^ 0x9E3779B97F4A7C15u, last ^ 0xC2B2AE3D27D4EB4Fu) ^
         fold(middle ^ 0xE7037ED1A0B428DBu, bytes ^ 0x8EBC6AF09C88C6E3u);
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

class WordCache {
 public:
  // Takes up to `max_bytes` for words (8 KiB to 64 MiB) and a quarter of that for the index, and 0.2 MB.
  explicit WordCache(size_t max_bytes);
  void clear();

  const uint32_t* line(uint64_t hash) const { return index() + kLineSlots * (hash >> shift_); }
  const CachedWord* words() const { return static_cast<const CachedWord*>(words_.begin()); }
  // The place of a word; 0 if the cache does not hold it.
  uint32_t find(const char* word, size_t bytes, uint64_t hash) const;

  // Places below kAsciiPlaces are those of single ASCII characters, by their code. False if the ids do not fit: then
  // the count there is kLoose.
  static constexpr uint32_t kAsciiPlaces = 128;
  bool set_ascii(char c, std::span<const int32_t> ids);

  // Words that are held until drop_staged(), beside the ring: what is found stays where it is until its ids are read.
  // Room for kStagedPlaces.
  static constexpr uint32_t kStagedPlaces = (uint32_t{1} << 12) + 256;
  static bool fits(size_t bytes, std::span<const int32_t> ids);
  // Must fit; CachedWord::kBytes of `word` and kIds of `ids` must be readable. Returns the place.
  uint32_t stage(const char* word, size_t bytes, std::span<const int32_t> ids);
  void drop_staged() { staged_ = kAsciiPlaces; }
  // Takes a staged word into the ring, if it is not there yet.
  void keep(const char* word, size_t bytes, uint64_t hash, uint32_t staged);

 private:
  static constexpr uint32_t kFirst = kAsciiPlaces + kStagedPlaces;  // of the ring

  uint32_t* index() const { return static_cast<uint32_t*>(index_.begin()); }
  size_t lines() const { return size_t{1} << (64 - shift_); }
  CachedWord& place(size_t at) { return static_cast<CachedWord*>(words_.begin())[at]; }
  uint64_t hash_of(const CachedWord& word) const;
  void set_lines(size_t lines);
  void grow();
  void put(uint32_t at, uint64_t hash);
  uint32_t make_room(uint32_t places);
  void evict(uint32_t end);

  uint32_t end_;  // of the ring
  size_t most_lines_;
  LazyMemory words_, index_;
  int shift_ = 0;
  uint32_t staged_ = kAsciiPlaces;
  uint32_t next_ = kFirst;     // where the next word goes; before it stand those of this lap
  uint32_t oldest_, old_end_;  // where those of the lap before stand that are still there
  size_t held_ = 0;
};

}  // namespace lmkor::tokenizer
