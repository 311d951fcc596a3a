#include "lmkor/tokenizer/word_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace lmkor::tokenizer {
namespace {

constexpr size_t kLeastPlaces = size_t{1} << 8;
constexpr size_t kMostPlaces = size_t{1} << kPlaceBits;
constexpr uint32_t kPlaceMask = kMostPlaces - 1;
constexpr size_t kWordsPerLine = 8;  // at most, on average: half the slots
constexpr size_t kLeastLines = 32;
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

WordCache::WordCache(size_t max_bytes)
    : end_(static_cast<uint32_t>(kFirst +
                                 std::clamp(max_bytes / sizeof(CachedWord), kLeastPlaces, kMostPlaces - kFirst))),
      most_lines_(std::bit_ceil((end_ - kFirst) / kWordsPerLine)),
      words_(end_ * sizeof(CachedWord)),
      index_(most_lines_ * kLineSlots * sizeof(uint32_t)) {
  clear();
}

void WordCache::clear() {
  set_lines(kLeastLines);
  drop_staged();
  next_ = kFirst;
  oldest_ = old_end_ = end_;
  held_ = 0;
}

void WordCache::set_lines(size_t lines) {
  shift_ = 64 - std::countr_zero(lines);
  std::memset(index_.begin(), 0, lines * kLineSlots * sizeof(uint32_t));
}

uint32_t WordCache::find(const char* word, size_t bytes, uint64_t hash) const {
  const uint32_t* const slots = line(hash);
  const uint32_t tag = word_tag(hash);
  for (size_t i = 0; i < kLineSlots; ++i) {
    if (slots[i] >> kPlaceBits != tag) continue;
    const CachedWord& held = words()[slots[i] & kPlaceMask];
    const size_t own = std::min(bytes, CachedWord::kBytes);
    if (held.length == bytes && std::memcmp(held.key, word, own) == 0 &&
        std::memcmp(held.further_key(), word + own, bytes - own) == 0)
      return slots[i] & kPlaceMask;
  }
  return 0;
}

bool WordCache::set_ascii(char c, std::span<const int32_t> ids) {
  CachedWord& held = place(static_cast<unsigned char>(c));
  const bool fit = ids.size() <= CachedWord::kIds && fits(1, ids);
  held.count = fit ? static_cast<uint8_t>(ids.size()) : CachedWord::kLoose;
  if (fit) std::copy(ids.begin(), ids.end(), held.ids);
  return fit;
}

bool WordCache::fits(size_t bytes, std::span<const int32_t> ids) {
  return bytes <= CachedWord::kMaxBytes && ids.size() <= CachedWord::kMaxIds &&
         std::none_of(ids.begin(), ids.end(), [](int32_t id) { return id > 0xFFFF; });
}

uint32_t WordCache::stage(const char* word, size_t bytes, std::span<const int32_t> ids) {
  const uint32_t at = staged_;
  CachedWord& held = place(at);
  held.count = static_cast<uint8_t>(ids.size());
  held.length = static_cast<uint8_t>(bytes);
  // As much as there is room for, wanted or not: no branch.
  for (size_t i = 0; i < CachedWord::kIds; ++i) held.ids[i] = static_cast<uint16_t>(ids.data()[i]);
  std::memcpy(held.key, word, CachedWord::kBytes);
  staged_ += held.places();
  if (held.places() == 1) return at;
  if (ids.size() > CachedWord::kIds) {
    std::copy(ids.begin() + CachedWord::kIds, ids.end(), const_cast<uint16_t*>(held.further_ids()));
  }
  if (bytes > CachedWord::kBytes) {
    std::memcpy(const_cast<char*>(held.further_key()), word + CachedWord::kBytes, bytes - CachedWord::kBytes);
  }
  return at;
}

uint64_t WordCache::hash_of(const CachedWord& word) const {
  char padded[8 + CachedWord::kMaxBytes + 8];
  std::memcpy(padded + 8, word.key, CachedWord::kBytes);
  if (word.length > CachedWord::kBytes) {
    std::memcpy(padded + 8 + CachedWord::kBytes, word.further_key(), word.length - CachedWord::kBytes);
  }
  return word_hash(padded + 8, word.length);
}

void WordCache::keep(const char* word, size_t bytes, uint64_t hash, uint32_t staged) {
  if (find(word, bytes, hash) != 0) return;
  if (++held_ > lines() * kWordsPerLine && lines() < most_lines_) grow();
  const uint32_t places = place(staged).places();
  const uint32_t at = make_room(places);
  std::memcpy(static_cast<void*>(&place(at)), &place(staged), places * sizeof(CachedWord));
  put(at, hash);
}

void WordCache::grow() {
  set_lines(std::min(lines() * 4, most_lines_));
  // Each word is put some words after its line was asked for.
  constexpr size_t kAhead = 16;
  struct {
    uint32_t place;
    uint64_t hash;
  } waiting[kAhead] = {};
  size_t count = 0;
  const auto next = [&](uint32_t at, uint64_t hash) {
    auto& [place, its_hash] = waiting[count++ % kAhead];
    if (place != 0) put(place, its_hash);
    place = at;
    its_hash = hash;
  };
  const auto put_all = [&](uint32_t begin, uint32_t end) {
    for (uint32_t at = begin; at < end; at += place(at).places()) {
      const uint64_t hash = hash_of(place(at));
      __builtin_prefetch(line(hash), 1);
      next(at, hash);
    }
  };
  put_all(oldest_, old_end_);
  put_all(kFirst, next_);
  for (size_t i = 0; i < kAhead; ++i) next(0, 0);
}

// Into an empty slot of the hash's line, else over its oldest word.
void WordCache::put(uint32_t at, uint64_t hash) {
  uint32_t* const slots = index() + kLineSlots * (hash >> shift_);
  uint32_t* chosen = slots;
  uint32_t age = 0;
  for (uint32_t* slot = slots; slot < slots + kLineSlots; ++slot) {
    if (*slot == 0) {
      chosen = slot;
      break;
    }
    const uint32_t place = *slot & kPlaceMask;
    const uint32_t its_age = at > place ? at - place : at + end_ - place;
    if (its_age > age) {
      age = its_age;
      chosen = slot;
    }
  }
  *chosen = word_tag(hash) << kPlaceBits | at;
}

// Where the next word of so many places goes; forgets the oldest ones that stand there.
uint32_t WordCache::make_room(uint32_t places) {
  if (next_ + places > end_) {
    evict(end_);
    oldest_ = kFirst;
    old_end_ = next_;
    next_ = kFirst;
  }
  evict(next_ + places);
  next_ += places;
  return next_ - places;
}

void WordCache::evict(uint32_t end) {
  while (oldest_ < std::min(end, old_end_)) {
    const uint64_t hash = hash_of(place(oldest_));
    uint32_t* const slots = index() + kLineSlots * (hash >> shift_);
    std::replace(slots, slots + kLineSlots, word_tag(hash) << kPlaceBits | oldest_, uint32_t{0});
    oldest_ += place(oldest_).places();
    --held_;
  }
}

}  // namespace lmkor::tokenizer
