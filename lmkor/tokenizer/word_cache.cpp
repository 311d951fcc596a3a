#include "lmkor/tokenizer/word_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace lmkor::tokenizer {
namespace {

constexpr size_t kLeastPlaces = size_t{1} << 8;
constexpr size_t kMostPlaces = size_t{1} << kPlaceBits;
constexpr size_t kWordsPerLine = 8;  // at most, on average: half the slots
constexpr size_t kHugePage = size_t{1} << 21;

}  // namespace

LazyMemory::LazyMemory(size_t bytes) : mapped_bytes_(bytes + kHugePage) {
  mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped_ == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<uintptr_t>(mapped_);
  begin_ = reinterpret_cast<void*>((address + kHugePage - 1) / kHugePage * kHugePage);
  // Before the first touch: later is too late.
  if (bytes >= 2 * kHugePage) ::madvise(begin_, bytes, MADV_HUGEPAGE);
}

LazyMemory::~LazyMemory() { ::munmap(mapped_, mapped_bytes_); }

template <class Word>
WordRing<Word>::WordRing(size_t max_bytes)
    : places_(std::clamp(std::bit_floor(max_bytes / sizeof(Word)), kLeastPlaces, kMostPlaces)),
      words_(places_ * sizeof(Word)),
      index_(places_ / kWordsPerLine * kLineSlots * sizeof(uint32_t)) {
  set_lines(kLeastPlaces / kWordsPerLine);
}

template <class Word>
void WordRing<Word>::set_lines(size_t lines) {
  shift_ = 64 - std::countr_zero(lines);
  std::memset(index_.begin(), 0, lines * kLineSlots * sizeof(uint32_t));
}

template <class Word>
void WordRing<Word>::clear() {
  set_lines(kLeastPlaces / kWordsPerLine);
  next_ = 1;
  wrapped_ = false;
}

template <class Word>
const Word* WordRing<Word>::find(const char* word, size_t bytes, uint64_t hash) const {
  const uint32_t* const slots = line(hash);
  const uint32_t tag = word_tag(hash);
  for (size_t i = 0; i < kLineSlots; ++i) {
    if (slots[i] >> kPlaceBits != tag) continue;
    const Word& held = words()[slots[i] & (kMostPlaces - 1)];
    if (held.length == bytes && std::memcmp(held.key, word, bytes) == 0) return &held;
  }
  return nullptr;
}

template <class Word>
uint64_t WordRing<Word>::hash_of(size_t at) {
  char padded[Word::kMaxBytes + 32] = {};
  std::memcpy(padded + 16, place(at).key, Word::kMaxBytes);
  return word_hash(padded + 16, place(at).length);
}

// Into an empty slot of the hash's line, else over its oldest word.
template <class Word>
void WordRing<Word>::put(size_t at, uint64_t hash) {
  uint32_t* const slots = index() + kLineSlots * (hash >> shift_);
  uint32_t* chosen = slots;
  size_t age = 0;
  for (uint32_t* slot = slots; slot < slots + kLineSlots; ++slot) {
    if (*slot == 0) {
      chosen = slot;
      break;
    }
    const size_t its_age = (at - (*slot & (kMostPlaces - 1))) & (places_ - 1);
    if (its_age > age) {
      age = its_age;
      chosen = slot;
    }
  }
  *chosen = word_tag(hash) << kPlaceBits | static_cast<uint32_t>(at);
}

template <class Word>
Word& WordRing<Word>::insert(const char* word, size_t bytes, uint64_t hash) {
  const size_t at = next_;
  Word& held = place(at);
  if (wrapped_) {
    const uint64_t old = hash_of(at);
    uint32_t* const slots = index() + kLineSlots * (old >> shift_);
    std::replace(slots, slots + kLineSlots, word_tag(old) << kPlaceBits | static_cast<uint32_t>(at), uint32_t{0});
  } else if (at > lines() * kWordsPerLine) {
    set_lines(lines() * 4);
    for (size_t i = 1; i < at; ++i) put(i, hash_of(i));
  }
  std::memset(held.key, 0, Word::kMaxBytes);
  std::memcpy(held.key, word, bytes);
  held.length = static_cast<uint8_t>(bytes);
  put(at, hash);
  next_ = at + 1 < places_ ? at + 1 : 1;
  wrapped_ = wrapped_ || next_ == 1;
  return held;
}

template class WordRing<ShortWord>;
template class WordRing<LongWord>;

int32_t* WordCache::find(const char* word, size_t bytes, uint64_t hash, int32_t* out) const {
  if (bytes <= ShortWord::kMaxBytes) {
    const ShortWord* const held = short_.find(word, bytes, hash);
    if (held == nullptr) return nullptr;
    if (held->count <= ShortWord::kMaxIds) return std::copy_n(held->ids, held->count, out);
  }
  if (bytes > LongWord::kMaxBytes) return nullptr;
  const LongWord* const held = long_.find(word, bytes, hash);
  return held == nullptr ? nullptr : std::copy_n(held->ids, held->count, out);
}

void WordCache::insert(const char* word, size_t bytes, uint64_t hash, const int32_t* ids, size_t count) {
  if (bytes > LongWord::kMaxBytes || count > LongWord::kMaxIds) return;
  if (std::any_of(ids, ids + count, [](int32_t id) { return id > 0xFFFF; })) return;
  const auto fill = [&](auto& held) {
    held.count = static_cast<uint8_t>(count);
    for (size_t i = 0; i < count; ++i) held.ids[i] = static_cast<uint16_t>(ids[i]);
  };
  if (bytes <= ShortWord::kMaxBytes) {
    if (count <= ShortWord::kMaxIds) return fill(short_.insert(word, bytes, hash));
    // A long word may have been forgotten before the short one that points to it.
    if (short_.find(word, bytes, hash) == nullptr) short_.insert(word, bytes, hash).count = 0xFF;
  }
  fill(long_.insert(word, bytes, hash));
}

}  // namespace lmkor::tokenizer
