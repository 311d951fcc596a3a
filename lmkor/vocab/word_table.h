// A hash table from words to counts in little memory: 8 bytes a slot, words and counts in an arena.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lmkor::vocab {

// A word as it lies in the arena: the lower half of its hash, its length, its count, its bytes.
class WordRecord {
 public:
  static constexpr size_t kHeadBytes = 16;
  explicit WordRecord(char* at) : at_(at) {}
  uint32_t low_hash() const { return load<uint32_t>(0); }
  uint64_t count() const { return load<uint64_t>(8); }
  void add(uint64_t count) const { store(8, this->count() + count); }
  std::string_view word() const { return {at_ + kHeadBytes, load<uint32_t>(4)}; }
  void fill(std::string_view word, uint32_t low_hash, uint64_t count) const {
    store(0, low_hash);
    store(4, static_cast<uint32_t>(word.size()));
    store(8, count);
    std::memcpy(at_ + kHeadBytes, word.data(), word.size());
  }

 private:
  template <class T>
  T load(size_t offset) const {
    T value;
    std::memcpy(&value, at_ + offset, sizeof value);
    return value;
  }
  template <class T>
  void store(size_t offset, T value) const {
    std::memcpy(at_ + offset, &value, sizeof value);
  }
  char* at_;
};

class WordTable {
 public:
  // The lower half of the word's `hash` chooses the slot, the upper half is compared. The caller sees to it that counts
  // stay below 2^64.
  void add(std::string_view word, uint64_t hash, uint64_t count) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    const auto tag = static_cast<uint32_t>(hash >> 32);
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.place == kFree) {
        slot = {tag, keep(word, static_cast<uint32_t>(hash), count)};
        ++size_;
        return;
      }
      if (slot.tag == tag && record(slot.place).word() == word) return record(slot.place).add(count);
    }
  }
  void prefetch(uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }

  size_t size() const { return size_; }
  uint64_t memory_bytes() const { return slots_.size() * sizeof(Slot) + arena_bytes_; }
  template <class Visit>
  void each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.place != kFree) visit(record(slot.place));
    }
  }

 private:
  static constexpr uint32_t kChunkBits = 16;
  static constexpr size_t kChunkBytes = size_t{1} << kChunkBits;
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    uint32_t tag = 0;
    uint32_t place = kFree;  // chunk of the arena, place in the chunk
  };

  WordRecord record(uint32_t place) const {
    return WordRecord(arena_[place >> kChunkBits].get() + (place & (kChunkBytes - 1)));
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 256 : 2 * slots_.size());
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.place == kFree) continue;
      size_t at = record(slot.place).low_hash() & mask;
      while (slots_[at].place != kFree) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  // A word of more than a chunk begins a chunk of its own.
  uint32_t keep(std::string_view word, uint32_t low_hash, uint64_t count) {
    const size_t bytes = WordRecord::kHeadBytes + word.size();
    if (arena_.empty() || used_ + bytes > kChunkBytes) {
      const size_t room = std::max(kChunkBytes, bytes);
      arena_.push_back(std::make_unique_for_overwrite<char[]>(room));
      arena_bytes_ += room;
      used_ = 0;
    }
    const auto place = static_cast<uint32_t>((arena_.size() - 1) << kChunkBits | used_);
    record(place).fill(word, low_hash, count);
    used_ += bytes;
    return place;
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> arena_;
  size_t used_ = 0;  // of the last chunk
  uint64_t arena_bytes_ = 0;
};

}  // namespace lmkor::vocab
