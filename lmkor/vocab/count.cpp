#include "lmkor/vocab/count.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <shared_mutex>

#include <malloc.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "lmkor/base/compress.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/vocab/sorted_run.h"
#include "lmkor/vocab/word_table.h"

namespace lmkor::vocab {
namespace {

namespace fs = std::filesystem;
using tokenizer::Pretokenizer;

constexpr size_t kShards = 64;
constexpr size_t kPendingWords = 4096;
constexpr size_t kMostRuns = 64;  // so many are merged into one

// A stretch of raw text of up to 24 bytes, as most are, and how often it was seen lately. Two share a cache line.
struct Recent {
  static constexpr size_t kMaxBytes = 24;
  uint64_t part[3] = {0, 0, 0};
  uint32_t count = 0;
  uint32_t bytes = 0;  // 0: free
};
struct alignas(64) RecentPair {
  Recent entry[2];
};
constexpr size_t kPairs = size_t{1} << 13;  // 512 KB: half of a usual second-level cache

// A word on its way to the shared table.
struct Pending {
  uint64_t hash, count;
  uint32_t begin, bytes;
};

size_t shard_of(uint64_t hash) { return hash >> 58; }

bool is_plain(char byte) {
  return static_cast<signed char>(byte) < 0 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z');
}

// Where the first byte stands that is neither a letter nor a digit of ASCII nor part of a longer character: all that
// may end a stretch is among those.
const char* find_other(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto within = [](__m128i values, char first, int count) {
      const __m128i above =
          _mm_subs_epu8(_mm_sub_epi8(values, _mm_set1_epi8(first)), _mm_set1_epi8(static_cast<char>(count - 1)));
      return _mm_cmpeq_epi8(above, _mm_setzero_si128());
    };
    const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
    const __m128i digits = within(bytes, '0', 10);
    const int plain = _mm_movemask_epi8(_mm_or_si128(bytes, _mm_or_si128(letters, digits)));  // takes the top bits
    if (plain != 0xFFFF) return at + std::countr_zero(static_cast<unsigned>(~plain));
  }
#endif
  while (at < end && is_plain(*at)) ++at;
  return at;
}

}  // namespace

struct Counter::State {
  explicit State(CountPlan given) : plan(std::move(given)), pretokenizer(plan.settings) {}

  // Lanes put words under a shared lock; a spill takes them all away under the other one.
  void put(std::vector<Pending>& pending, const std::string& bytes) {
    std::array<uint32_t, kShards + 1> begins{};
    for (const Pending& word : pending) ++begins[shard_of(word.hash) + 1];
    for (size_t shard = 0; shard < kShards; ++shard) begins[shard + 1] += begins[shard];
    std::array<uint32_t, kShards> to{};
    std::copy_n(begins.begin(), kShards, to.begin());
    std::vector<uint32_t> order(pending.size());
    for (uint32_t i = 0; i < pending.size(); ++i) order[to[shard_of(pending[i].hash)]++] = i;
    {
      const std::shared_lock lock(spilling);
      for (size_t shard = 0; shard < kShards; ++shard) {
        const std::lock_guard shard_lock(shards[shard].mutex);
        WordTable& table = shards[shard].table;
        for (uint32_t i = begins[shard]; i < begins[shard + 1]; ++i) table.prefetch(pending[order[i]].hash);
        for (uint32_t i = begins[shard]; i < begins[shard + 1]; ++i) {
          const Pending& word = pending[order[i]];
          table.add(std::string_view(bytes).substr(word.begin, word.bytes), word.hash, word.count);
        }
      }
    }
    pending.clear();
    const auto used = [this] {
      uint64_t sum = 0;
      for (Shard& shard : shards) {
        const std::lock_guard shard_lock(shard.mutex);
        sum += shard.table.memory_bytes();
      }
      return sum;
    };
    const uint64_t most = plan.memory_bytes / 2;  // sorting takes nearly as much again
    if (used() < most) return;
    const std::unique_lock lock(spilling);
    if (used() >= most) spill();
  }

  // The words of all shards, in order, one thread's work or many; empties them.
  SortedRun take_sorted(int threads) {
    std::vector<const WordTable*> tables;
    for (const Shard& shard : shards) tables.push_back(&shard.table);
    SortedRun run(tables, threads);
    return run;
  }

  // Memory goes back to the system: what comes next needs it in other sizes.
  void clear() {
    for (Shard& shard : shards) shard.table = {};
    ::malloc_trim(0);
  }

  fs::path new_run() { return plan.dir / base::str("run-", runs_made++, ".zst"); }

  void spill() {
    base::check_interrupt();
    const fs::path path = new_run();
    {
      const SortedRun run = take_sorted(1);
      base::OutputFile file(path, 1);
      file.write(CountsInfo{}.header());
      run.write(1, [&](std::string_view lines) { file.write(lines); });
      file.commit();
    }
    clear();
    runs.push_back(path);
    if (runs.size() < kMostRuns) return;
    const fs::path merged = new_run();
    merge_runs(open_runs(), {}, merged, 0);
    remove_runs();
    runs.push_back(merged);
  }

  std::vector<std::unique_ptr<WordReader>> open_runs() const {
    std::vector<std::unique_ptr<WordReader>> readers;
    for (const fs::path& run : runs) readers.push_back(std::make_unique<WordReader>(run));
    return readers;
  }
  void remove_runs() {
    std::error_code ignored;
    for (const fs::path& run : runs) fs::remove(run, ignored);
    runs.clear();
  }

  struct alignas(64) Shard {
    std::mutex mutex;
    WordTable table;
  };
  CountPlan plan;
  Pretokenizer pretokenizer;
  std::shared_mutex spilling;
  std::array<Shard, kShards> shards;
  std::vector<fs::path> runs;
  size_t runs_made = 0;
  std::mutex mutex;  // of lanes
  std::vector<std::unique_ptr<Lane>> lanes;
};

struct Counter::Lane::Front {
  explicit Front(State& given) : state(given), pairs(kPairs) {}

  void add(std::string_view text) {
    text_bytes += text.size();
    bytes += text.size() * weight;
    ++texts;
    const char* at = text.data();
    const char* const end = at + text.size();
    bool blank = true;
    const Pretokenizer& cut = state.pretokenizer;
    while (at < end) {
      const Pretokenizer::ByteClass first = cut.byte_class(*at);
      if (first == Pretokenizer::kSpace) {
        blank = true;
        ++at;
        continue;
      }
      eojeols += blank ? weight : 0;
      blank = false;
      if (first == Pretokenizer::kPunctuation) {
        punctuation[static_cast<unsigned char>(*at++)] += weight;
        continue;
      }
      const char* const begin = at++;
      for (at = find_other(at, end); at < end && cut.byte_class(*at) == Pretokenizer::kInWord;) {
        at = find_other(at + 1, end);
      }
      see(begin, static_cast<size_t>(at - begin), static_cast<size_t>(end - begin));
    }
  }

  void see(const char* begin, size_t size, size_t readable) {
    if (size > Recent::kMaxBytes) return put_words({begin, size}, 1);
    uint64_t part[3] = {0, 0, 0};
    if (readable >= Recent::kMaxBytes) {
      static constexpr auto kMasks = [] {
        std::array<std::array<uint64_t, 3>, Recent::kMaxBytes + 1> masks{};
        for (size_t bytes = 0; bytes < masks.size(); ++bytes) {
          for (size_t i = 0; i < 3; ++i) {
            const size_t inside = bytes <= 8 * i ? 0 : std::min<size_t>(8, bytes - 8 * i);
            masks[bytes][i] = inside == 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * inside) - 1;
          }
        }
        return masks;
      }();
      std::memcpy(part, begin, Recent::kMaxBytes);
      for (size_t i = 0; i < 3; ++i) part[i] &= kMasks[size][i];
    } else {
      std::memcpy(part, begin, size);
    }
    uint64_t hash = (part[0] ^ size) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 32 ^ part[1]) * 0xC2B2AE3D27D4EB4Fu;
    hash = (hash ^ hash >> 29 ^ part[2]) * 0x165667B19E3779F9u;
    RecentPair& pair = pairs[(hash >> 40) & (kPairs - 1)];
    const auto differs = [&](const Recent& entry) {
      return (entry.part[0] ^ part[0]) | (entry.part[1] ^ part[1]) | (entry.part[2] ^ part[2]) | (entry.bytes ^ size);
    };
    const uint64_t first = differs(pair.entry[0]), second = differs(pair.entry[1]);
    if ((first == 0) | (second == 0)) {
      // chosen without a branch: which of the two it is cannot be foretold
      Recent& entry = pair.entry[first == 0 ? 0 : 1];
      if (++entry.count == 0xFFFFFFFF) put_recent(entry);
      return;
    }
    Recent& old = pair.entry[pair.entry[1].count <= pair.entry[0].count ? 1 : 0];
    put_recent(old);
    old = {{part[0], part[1], part[2]}, 1, static_cast<uint32_t>(size)};
  }

  void put_recent(Recent& entry) {
    if (entry.bytes > 0) {
      char raw[Recent::kMaxBytes];
      std::memcpy(raw, entry.part, sizeof raw);
      put_words({raw, entry.bytes}, entry.count);
    }
    entry = {};
  }

  // Normalises a stretch and puts its words.
  void put_words(std::string_view stretch, uint64_t count) {
    state.pretokenizer.split(stretch, words);
    for (const tokenizer::Words::Word& word : words.words) {
      const size_t begin = arena.size();
      for (uint32_t i = word.begin; i < word.end; ++i) text::append_utf8(arena, words.chars[i]);
      put(begin, count * weight);
    }
  }

  // The word is arena[begin, end).
  void put(size_t begin, uint64_t count) {
    const std::string_view word = std::string_view(arena).substr(begin);
    pending.push_back({base::hash64(word), count, static_cast<uint32_t>(begin), static_cast<uint32_t>(word.size())});
    total += count;
    if (pending.size() >= kPendingWords || arena.size() > (size_t{1} << 20)) put_pending();
  }
  void put_pending() {
    state.put(pending, arena);
    arena.clear();
  }

  void set_weight(uint64_t given) {
    if (given == weight) return;
    flush();
    weight = given;
  }

  // Everything that the lane holds goes to the shared table.
  void flush() {
    for (RecentPair& pair : pairs) {
      for (Recent& entry : pair.entry) put_recent(entry);
    }
    for (size_t byte = 0; byte < punctuation.size(); ++byte) {
      if (punctuation[byte] == 0) continue;
      const size_t begin = arena.size();
      arena.push_back(static_cast<char>(byte));
      put(begin, punctuation[byte]);
      punctuation[byte] = 0;
    }
    put_pending();
  }

  State& state;
  uint64_t weight = 1;
  std::vector<RecentPair> pairs;
  std::array<uint64_t, 128> punctuation{};  // weighted
  std::string arena;                        // words of `pending`
  std::vector<Pending> pending;
  tokenizer::Words words;
  uint64_t texts = 0, text_bytes = 0, bytes = 0, eojeols = 0, total = 0;
};

Counter::Lane::Lane(State& state) : front_(std::make_unique<Front>(state)) {}
Counter::Lane::~Lane() = default;
void Counter::Lane::add(std::string_view text, uint64_t weight) {
  front_->set_weight(weight);
  front_->add(text);
}

Counter::Counter(CountPlan plan) : state_(std::make_unique<State>(std::move(plan))) {}
Counter::~Counter() { state_->remove_runs(); }

std::unique_ptr<Counter::Lane> Counter::take() {
  const std::lock_guard lock(state_->mutex);
  if (state_->lanes.empty()) return std::make_unique<Lane>(*state_);
  auto lane = std::move(state_->lanes.back());
  state_->lanes.pop_back();
  return lane;
}

void Counter::give(std::unique_ptr<Lane> lane) {
  const std::lock_guard lock(state_->mutex);
  state_->lanes.push_back(std::move(lane));
}

Counts Counter::finish(int threads, const fs::path& file) {
  State& state = *state_;
  CountsInfo info;
  info.settings = state.plan.settings;
  info.unit = state.plan.unit;
  for (auto& lane : state.lanes) {
    Lane::Front& front = *lane->front_;
    front.flush();
    info.texts += front.texts;
    info.text_bytes += front.text_bytes;
    info.bytes += front.bytes;
    info.eojeols += front.eojeols;
    info.total += front.total;
  }
  state.lanes.clear();
  base::check_interrupt();
  if (!state.runs.empty()) {
    state.spill();
    Counts counts = merge_runs(state.open_runs(), info, file, state.plan.memory_bytes / 4);
    state.remove_runs();
    return counts;
  }
  Counts counts;
  counts.info = info;
  {
    const SortedRun run = state.take_sorted(threads);
    counts.different = run.size();
    run.write(threads, [&](std::string_view lines) { counts.lines += lines; });
  }
  state.clear();
  return counts;
}

}  // namespace lmkor::vocab
