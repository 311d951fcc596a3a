#include "lmkor/vocab/merger.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

#include "lmkor/base/memory.h"

namespace lmkor::vocab {
namespace {

constexpr uint32_t kNone = 0xFFFFFFFF;
constexpr uint32_t kAhead = 12;  // words whose rows are on their way from memory
constexpr uint64_t kTouchesBetweenLooks = 512;
constexpr uint64_t kLeastFileBytes = uint64_t{16} << 20;
constexpr uint64_t kLeastPairBytes = uint64_t{4} << 20;

uint64_t part_hash(uint64_t pair) { return pair * 0xC2B2AE3D27D4EB4Fu >> 32; }

// Numbers pairs of symbols, open addressing.
class PairNumbers {
 public:
  PairNumbers() : slots_(1 << 12) {}
  uint64_t memory_bytes() const { return slots_.size() * sizeof(Slot); }
  // The number of `key`; `next` if it is new.
  uint32_t of(uint64_t key, uint32_t next) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place(key)];
    if (slot.number == kNone) {
      slot = {key, next};
      ++size_;
    }
    return slot.number;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t number = kNone;
  };
  size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    const uint64_t hash = key * 0x9E3779B97F4A7C15u;
    size_t at = (hash >> 32 ^ hash >> 12) & mask;
    while (slots_[at].number != kNone && slots_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != kNone) slots_[place(slot.key)] = slot;
    }
  }
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace

Merger::Merger(uint64_t min_count, std::filesystem::path dir, uint64_t memory_bytes)
    : min_count_(std::max<uint64_t>(1, min_count)),
      most_file_bytes_(std::max(kLeastFileBytes, memory_bytes / 2)),
      most_pair_bytes_(dir.empty() ? std::numeric_limits<uint64_t>::max()
                                   : std::max(kLeastPairBytes, memory_bytes / 4)),
      rows_(dir),
      lists_(dir),
      number_at_(dir),
      pairs_(dir),
      buckets_(64) {}

void Merger::add_word(std::span<const uint32_t> symbols, uint64_t count) {
  if (symbols.size() < 2) return;
  const uint32_t word = rows_.extend(kHead + symbols.size());
  uint32_t* const row = rows_.data() + word;
  row[0] = static_cast<uint32_t>(symbols.size());
  row[1] = static_cast<uint32_t>(count);
  row[2] = static_cast<uint32_t>(count >> 32);
  std::copy(symbols.begin(), symbols.end(), row + kHead);
  for (const uint32_t symbol : symbols) {
    if (symbol != kGap) symbols_ = std::max(symbols_, symbol + 1);
  }
}

// Counts all pairs and lists the words of each that is seen often enough: at once, or, where that would take too much
// memory, a part of the pairs after the other, each with a pass over all words.
void Merger::find_pairs() {
  if (symbols_ > 0) grow_tables(symbols_ - 1);
  number_at_.extend(rows_.size());
  std::vector<PairPart> parts = {{0, 1}};
  while (!parts.empty()) {
    const PairPart part = parts.back();
    parts.pop_back();
    if (find_pairs(part)) continue;
    parts.push_back({part.number, 2 * part.of});
    parts.push_back({part.number + part.of, 2 * part.of});
  }
  number_at_.clear();
}

// The same for a part of the pairs; false if it is too large.
bool Merger::find_pairs(const PairPart& part) {
  PairNumbers numbers;
  std::vector<Fresh> all;
  const auto each_pair = [&](const auto& visit) {
    const uint64_t end = rows_.size();
    for (uint64_t word = 0; word < end; word += kHead + rows_[word]) {
      const uint32_t* const row = rows_.data() + word;
      for (uint32_t i = kHead; i + 1 < kHead + row[0]; ++i) {
        const uint64_t key = static_cast<uint64_t>(row[i]) << 32 | row[i + 1];
        if (row[i] == kGap || row[i + 1] == kGap || (part_hash(key) & (part.of - 1)) != part.number) continue;
        visit(static_cast<uint32_t>(word), i, row, key);
      }
      if (numbers.memory_bytes() + all.capacity() * sizeof(Fresh) > most_pair_bytes_) return false;
      touch(1);
    }
    return true;
  };
  const bool fits = each_pair([&](uint32_t word, uint32_t i, const uint32_t* row, uint64_t key) {
    const uint32_t number = numbers.of(key, static_cast<uint32_t>(all.size()));
    if (number == all.size()) all.push_back({row[i], row[i + 1]});
    number_at_[word + i] = number;
    Fresh& pair = all[number];
    pair.count += count_of(row);
    pair.words += pair.last_word != word;
    pair.last_word = word;
  });
  if (!fits) return false;
  for (Fresh& pair : all) {
    pair.last_word = kNone;
    pair.list = kNone;
    if (pair.count < min_count_) continue;
    pair.list = lists_.extend(1 + uint64_t{pair.words});
    pairs_.push_back({pair.left, pair.right, pair.count, pair.list, 0});
    queue(static_cast<uint32_t>(pairs_.size() - 1));
  }
  each_pair([&](uint32_t word, uint32_t i, const uint32_t*, uint64_t) {
    Fresh& pair = all[number_at_[word + i]];
    if (pair.list == kNone || pair.last_word == word) return;
    pair.last_word = word;
    uint32_t* const list = lists_.data() + pair.list;
    list[++list[0]] = word;
  });
  return true;
}

// Into the heap or the bucket for its count.
void Merger::queue(uint32_t index) {
  const Pair& pair = pairs_[index];
  if (pair.count < min_count_) return;
  const auto bucket = static_cast<size_t>(std::bit_width(pair.count) - 1);
  if (bucket < open_) return buckets_[bucket].push_back(index);
  heap_.push_back({pair.count, pair.left, pair.right, index});
  std::push_heap(heap_.begin(), heap_.end());
}

// Moves the next bucket that holds a pair into the heap; false if there is none.
bool Merger::open_bucket() {
  while (open_ > 0) {
    std::vector<uint32_t> pairs = std::move(buckets_[--open_]);
    buckets_[open_] = {};
    for (const uint32_t index : pairs) {
      touch(1);
      const Pair& pair = pairs_[index];
      if (pair.version == version_of(pair.left, pair.right)) {
        heap_.push_back({pair.count, pair.left, pair.right, index});
      }
    }
    if (heap_.empty()) continue;
    std::make_heap(heap_.begin(), heap_.end());
    return true;
  }
  return false;
}

// How often the pair stands in its words now. Shortens its list to the words that hold it.
uint64_t Merger::recount(const Pair& pair) {
  uint32_t* const list = lists_.data() + pair.list;
  const uint32_t words = list[0];
  const uint32_t* const rows = rows_.data();
  uint64_t sum = 0;
  uint32_t kept = 0;
  for (uint32_t i = 1; i <= words; ++i) {
    if (i + kAhead <= words) __builtin_prefetch(rows + list[i + kAhead]);
    const uint32_t* const row = rows + list[i];
    const uint32_t* const symbols = row + kHead;
    const uint32_t length = row[0];
    uint64_t times = 0;
    for (uint32_t at = 0; at + 1 < length; ++at) times += symbols[at] == pair.left && symbols[at + 1] == pair.right;
    if (times == 0) continue;
    sum += times * count_of(row);
    list[++kept] = list[i];
  }
  list[0] = kept;
  touch(words);
  return sum;
}

std::optional<Merger::Best> Merger::best() {
  while (true) {
    if (heap_.empty() && !open_bucket()) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end());
    const Candidate top = heap_.back();
    heap_.pop_back();
    touch(1);
    Pair& pair = pairs_[top.pair];
    if (pair.version != version_of(pair.left, pair.right)) continue;
    pair.count = recount(pair);
    const Candidate now{pair.count, pair.left, pair.right, top.pair};
    const bool stands = pair.count == top.count ||
                        (pair.count >= min_count_ && static_cast<size_t>(std::bit_width(pair.count)) > open_ &&
                         (heap_.empty() || heap_.front() < now));
    if (!stands) {
      if (pair.count > 0) queue(top.pair);
      continue;
    }
    taken_ = top.pair;
    return Best{pair.left, pair.right, pair.count};
  }
}

void Merger::merge(uint32_t made) {
  grow_tables(made);
  Pair& pair = pairs_[taken_];
  pair.count = 0;
  const auto words_of = [this](uint32_t list) { return std::span(lists_.data() + list + 1, lists_[list]); };
  for (const uint32_t word : words_of(pair.list)) join(word, pair.left, pair.right, made);
  touch(lists_[pair.list]);

  if (made_in_[made] == kNone) {
    made_in_[made] = pair.list;
  } else {
    const auto before = words_of(made_in_[made]), now = words_of(pair.list);
    united_.clear();
    std::set_union(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(united_));
    const uint32_t list = lists_.extend(1 + united_.size());
    lists_[list] = static_cast<uint32_t>(united_.size());
    std::copy(united_.begin(), united_.end(), lists_.data() + list + 1);
    made_in_[made] = list;
    ++versions_[made];
  }
  fresh_.clear();
  sightings_.clear();
  for (const uint32_t word : words_of(made_in_[made])) see_neighbours(word, made);
  for (Fresh& fresh : fresh_) {
    (fresh.right == made ? left_slots_[fresh.left] : right_slots_[fresh.right]) = kNone;
    fresh.list = kNone;
    if (fresh.count < min_count_) continue;
    fresh.list = lists_.extend(1 + uint64_t{fresh.words});
    lists_[fresh.list] = 0;
    pairs_.push_back({fresh.left, fresh.right, fresh.count, fresh.list, version_of(fresh.left, fresh.right)});
    queue(static_cast<uint32_t>(pairs_.size() - 1));
  }
  for (const Sighting& sighting : sightings_) {
    const uint32_t place = fresh_[sighting.fresh].list;
    if (place == kNone) continue;
    uint32_t* const list = lists_.data() + place;
    list[++list[0]] = sighting.word;
  }
}

// Joins each left with a right after it, from the left on.
void Merger::join(uint32_t word, uint32_t left, uint32_t right, uint32_t made) {
  uint32_t* const row = rows_.data() + word;
  uint32_t* const symbols = row + kHead;
  const uint32_t length = row[0];
  uint32_t to = 0;
  for (uint32_t from = 0; from < length; ++from) {
    const bool here = symbols[from] == left && from + 1 < length && symbols[from + 1] == right;
    symbols[to++] = here ? made : symbols[from];
    from += here;
  }
  // The row keeps its room, which find_pairs() alone walks over.
  row[0] = to;
}

void Merger::see_neighbours(uint32_t word, uint32_t made) {
  const uint32_t* const row = rows_.data() + word;
  const uint32_t* const symbols = row + kHead;
  const uint32_t length = row[0];
  const uint64_t count = count_of(row);
  for (uint32_t i = 0; i < length; ++i) {
    if (symbols[i] != made) continue;
    if (i > 0 && symbols[i - 1] != kGap) see(left_slots_, symbols[i - 1], {symbols[i - 1], made}, count, word);
    const uint32_t next = i + 1 < length ? symbols[i + 1] : kGap;
    // two of them side by side: the second one sees the first
    if (next != kGap && next != made) see(right_slots_, next, {made, next}, count, word);
  }
}

void Merger::see(std::vector<uint32_t>& slots, uint32_t neighbour, Fresh pair, uint64_t count, uint32_t word) {
  uint32_t& slot = slots[neighbour];
  if (slot == kNone) {
    slot = static_cast<uint32_t>(fresh_.size());
    fresh_.push_back(pair);
  }
  Fresh& fresh = fresh_[slot];
  fresh.count += count;
  if (fresh.last_word == word) return;
  fresh.last_word = word;
  ++fresh.words;
  sightings_.push_back({slot, word});
}

void Merger::grow_tables(uint32_t symbol) {
  if (symbol < versions_.size()) return;
  const size_t size = std::max<size_t>(symbol + 1, 2 * versions_.size());
  versions_.resize(size, 0);
  made_in_.resize(size, kNone);
  left_slots_.resize(size, kNone);
  right_slots_.resize(size, kNone);
}

void Merger::touch(uint64_t numbers) {
  touched_ += numbers;
  if (touched_ < kTouchesBetweenLooks || !rows_.on_disk()) return;
  touched_ = 0;
  if (base::resident_file_bytes() > most_file_bytes_) release_pages();
}

void Merger::release_pages() {
  for (auto* const each : {&rows_, &lists_, &number_at_}) each->release_pages();
  pairs_.release_pages();
}

}  // namespace lmkor::vocab
