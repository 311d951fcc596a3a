// A hash table from words to counts: keys lie in an arena, so that adding a word that is known costs no allocation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "lmkor/base/hash.h"

namespace lmkor::vocab {

class WordTable {
 public:
  void add(std::string_view word, uint64_t count) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    const uint64_t hash = base::hash64(word);
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.count == 0) {
        slot = {hash, keep(word), static_cast<uint32_t>(word.size()), count};
        ++size_;
        return;
      }
      if (slot.hash == hash && std::string_view(slot.word, slot.bytes) == word) {
        slot.count += count;
        return;
      }
    }
  }

  size_t size() const { return size_; }
  template <class Visit>
  void each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.count > 0) visit(std::string_view(slot.word, slot.bytes), slot.count);
    }
  }

 private:
  static constexpr size_t kArenaBytes = size_t{1} << 20;
  struct Slot {
    uint64_t hash = 0;
    const char* word = nullptr;
    uint32_t bytes = 0;
    uint64_t count = 0;  // 0: free
  };

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : 2 * slots_.size());
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.count == 0) continue;
      size_t at = slot.hash & mask;
      while (slots_[at].count > 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  const char* keep(std::string_view word) {
    if (word.size() > room_) {
      room_ = std::max(kArenaBytes, word.size());
      arena_.push_back(std::make_unique_for_overwrite<char[]>(room_));
      free_ = arena_.back().get();
    }
    char* const kept = free_;
    std::memcpy(kept, word.data(), word.size());
    free_ += word.size();
    room_ -= word.size();
    return kept;
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> arena_;
  char* free_ = nullptr;
  size_t room_ = 0;
};

}  // namespace lmkor::vocab
