// Cache of one thread from the raw bytes of a word to its ids. Bounded: a new word takes the place of an old one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace lmkor::tokenizer {

class WordCache {
 public:
  static constexpr size_t kMaxBytes = 24;  // longer words are not held: 97 to 99 % of Korean words fit
  static constexpr size_t kMaxIds = 16;

  struct Key {
    uint64_t part[3];
    uint64_t hash;
    uint8_t bytes;
  };
  // `word` holds 1 to kMaxBytes bytes; `readable` bytes may be read from its begin.
  static Key key(const char* word, size_t bytes, size_t readable) {
    Key key{{0, 0, 0}, 0, static_cast<uint8_t>(bytes)};
    if (readable >= kMaxBytes) {
      std::memcpy(key.part, word, kMaxBytes);
      for (size_t i = 0; i < 3; ++i) {
        const size_t begin = 8 * i;
        if (bytes <= begin) {
          key.part[i] = 0;
        } else if (bytes < begin + 8) {
          key.part[i] &= (uint64_t{1} << 8 * (bytes - begin)) - 1;
        }
      }
    } else {
      std::memcpy(key.part, word, bytes);
    }
    uint64_t hash = (key.part[0] ^ bytes) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 32 ^ key.part[1]) * 0xC2B2AE3D27D4EB4Fu;
    hash = (hash ^ hash >> 29 ^ key.part[2]) * 0x165667B19E3779F9u;
    key.hash = hash ^ hash >> 32;
    return key;
  }

  struct Entry {
    uint64_t part[3];
    uint8_t bytes;  // 0: empty
    uint8_t count;
    uint16_t ids[kMaxIds];
  };

  // The entry of `key`, or null.
  const Entry* find(const Key& key) const {
    const Entry* pair = entries_.get() + 2 * (key.hash & (kPairs - 1));
    for (int i = 0; i < 2; ++i) {
      if (pair[i].part[0] == key.part[0] && pair[i].part[1] == key.part[1] && pair[i].part[2] == key.part[2] &&
          pair[i].bytes == key.bytes) {
        return pair + i;
      }
    }
    return nullptr;
  }

  // Holds the ids of `key` if they fit. The older of two entries in a place moves back, then goes.
  void insert(const Key& key, const int32_t* ids, size_t count) {
    if (count > kMaxIds) return;
    Entry made{{key.part[0], key.part[1], key.part[2]}, key.bytes, static_cast<uint8_t>(count), {}};
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] > 0xFFFF) return;
      made.ids[i] = static_cast<uint16_t>(ids[i]);
    }
    Entry* pair = entries_.get() + 2 * (key.hash & (kPairs - 1));
    pair[1] = pair[0];
    pair[0] = made;
  }

  void clear() {
    if (entries_ == nullptr) entries_.reset(new (std::align_val_t{64}) Entry[2 * kPairs]);
    for (size_t i = 0; i < 2 * kPairs; ++i) entries_[i].bytes = 0;
  }

 private:
  static constexpr size_t kPairs = size_t{1} << 15;  // 4 MB
  struct Free {
    void operator()(Entry* entries) const { ::operator delete[](entries, std::align_val_t{64}); }
  };
  std::unique_ptr<Entry[], Free> entries_;
};

}  // namespace lmkor::tokenizer
