#include "lmkor/vocab/train.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

using base::Error;
using base::ErrorKind;
using base::grouped;
using base::str;

constexpr uint64_t kMergesBetweenChecks = 256;
constexpr char32_t kCodePoints = 0x110000;
constexpr uint32_t kNone = 0xFFFFFFFF;

uint64_t pair_key(uint32_t left, uint32_t right) { return static_cast<uint64_t>(left) << 32 | right; }

// Two neighbouring pieces: how often they stand together, and in which words they may.
struct Pair {
  uint64_t key = 0;
  int64_t count = 0;
  int64_t queued = 0;           // the count of its best entry in the queue, 0 if it has none
  std::vector<uint32_t> words;  // every word that has held the pair since it was last merged; may hold one twice
};

// Pairs by key, open addressing over indices, so that references to pairs are cheap to keep.
class Pairs {
 public:
  Pairs() : slots_(1 << 16, kFree) {}

  uint32_t index(uint64_t key) {
    if (2 * (pairs_.size() + 1) > slots_.size()) grow();
    uint32_t& slot = slots_[place(key)];
    if (slot == kFree) {
      slot = static_cast<uint32_t>(pairs_.size());
      pairs_.push_back({key, 0, 0, {}});
    }
    return slot;
  }
  Pair& operator[](uint32_t index) { return pairs_[index]; }
  size_t size() const { return pairs_.size(); }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    uint64_t hash = key * 0x9E3779B97F4A7C15u;
    size_t at = (hash ^ hash >> 32) & mask;
    while (slots_[at] != kFree && pairs_[slots_[at]].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    slots_.assign(2 * slots_.size(), kFree);
    for (uint32_t i = 0; i < pairs_.size(); ++i) slots_[place(pairs_[i].key)] = i;
  }
  std::vector<uint32_t> slots_;
  std::vector<Pair> pairs_;
};

// An entry of the queue; its count may be out of date, but never too small.
struct Candidate {
  int64_t count;
  uint64_t key;
  uint32_t pair;
  // Best: highest count, then smaller left id, then smaller right id.
  bool operator<(const Candidate& other) const { return count != other.count ? count < other.count : key > other.key; }
};

class Trainer {
 public:
  Trainer(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings)
      : counts_(counts), options_(options), settings_(settings), room_(options.size - options.unused) {}

  Trained run() {
    const char* const specials[] = {settings_.pad.c_str(), settings_.unk.c_str(), settings_.cls.c_str(),
                                    settings_.sep.c_str(), settings_.mask.c_str()};
    for (const char* token : specials) add_token(token);
    out_.specials = out_.tokens.size();
    add_characters();
    find_pairs();
    merge_all();
    require_full();
    out_.unused = static_cast<uint64_t>(options_.unused);
    for (uint64_t i = 0; i < out_.unused; ++i) out_.tokens.push_back(str("[unused", i, "]"));
    return std::move(out_);
  }

 private:
  uint32_t add_token(std::string token) {
    const auto [found, added] = ids_.emplace(std::move(token), static_cast<uint32_t>(out_.tokens.size()));
    if (added) out_.tokens.push_back(found->first);
    return found->second;
  }

  // The alphabet, and each word as a row of its ids. A character that was left out is skipped in the words that hold
  // it.
  void add_characters() {
    std::vector<uint64_t> seen(kCodePoints);
    std::vector<uint32_t> plain(kCodePoints, kNone), inside(kCodePoints, kNone);
    std::vector<bool> inner(kCodePoints);
    for (const WordCount& word : counts_.words) {
      const std::u32string chars = text::to_utf32(word.word);
      for (size_t i = 0; i < chars.size(); ++i) {
        seen[chars[i]] += word.count;
        if (i > 0) inner[chars[i]] = true;
      }
    }
    for (char32_t c = 0; c < kCodePoints; ++c) {
      if (seen[c] == 0) continue;
      ++out_.characters_seen;
      out_.character_count += seen[c];
      if (seen[c] >= static_cast<uint64_t>(options_.min_character_count)) {
        plain[c] = add_token(text::to_utf8({&c, 1}));
      } else {
        ++out_.characters_left_out;
        out_.character_count_left_out += seen[c];
      }
    }
    out_.characters = out_.tokens.size() - out_.specials;
    for (char32_t c = 0; c < kCodePoints; ++c) {
      if (inner[c] && plain[c] != kNone) inside[c] = add_token(settings_.continuing_prefix + text::to_utf8({&c, 1}));
    }
    out_.continuations = out_.tokens.size() - out_.specials - out_.characters;
    if (static_cast<int64_t>(out_.tokens.size()) > room_) {
      throw Error(ErrorKind::kData,
                  str("the text has more characters than the vocabulary has room for: got ", grouped(out_.characters),
                      " characters and ", grouped(out_.continuations), " ## characters, expected at most ",
                      grouped(room_ - static_cast<int64_t>(out_.specials)), " in all (--size ", options_.size,
                      " less --unused ", options_.unused, " and ", out_.specials,
                      " special tokens); raise --size or --min-character-count"));
    }
    begins_.push_back(0);
    for (const WordCount& word : counts_.words) {
      const std::u32string chars = text::to_utf32(word.word);
      for (size_t i = 0; i < chars.size(); ++i) {
        const uint32_t symbol = i == 0 ? plain[chars[i]] : inside[chars[i]];
        if (symbol != kNone) symbols_.push_back(symbol);
      }
      lengths_.push_back(static_cast<uint32_t>(symbols_.size() - begins_.back()));
      begins_.push_back(symbols_.size());
    }
  }

  void find_pairs() {
    for (uint32_t word = 0; word < lengths_.size(); ++word) {
      const uint32_t* symbols = symbols_.data() + begins_[word];
      for (uint32_t i = 0; i + 1 < lengths_[word]; ++i) {
        Pair& pair = pairs_[pairs_.index(pair_key(symbols[i], symbols[i + 1]))];
        pair.count += static_cast<int64_t>(counts_.words[word].count);
        if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
      }
    }
    for (uint32_t i = 0; i < pairs_.size(); ++i) queue(i);
  }

  // Makes sure that an entry of the pair's present count is in the queue.
  void queue(uint32_t index) {
    Pair& pair = pairs_[index];
    if (pair.count <= pair.queued || pair.count < std::max<int64_t>(1, options_.min_frequency)) return;
    pair.queued = pair.count;
    queue_.push({pair.count, pair.key, index});
  }

  void merge_all() {
    base::Progress progress("merge", "pieces", static_cast<uint64_t>(room_));
    while (static_cast<int64_t>(out_.tokens.size()) < room_ && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      Pair& pair = pairs_[best.pair];
      if (pair.queued == best.count) pair.queued = 0;
      if (pair.count != best.count) {
        queue(best.pair);
        continue;
      }
      merge(best.pair);
      if (out_.merges.size() % kMergesBetweenChecks == 0) {
        base::check_interrupt();
        progress.update(out_.tokens.size());
      }
    }
    progress.update(out_.tokens.size());
    out_.merged = out_.tokens.size() - out_.specials - out_.characters - out_.continuations;
  }

  void merge(uint32_t index) {
    const uint64_t key = pairs_[index].key;
    const auto left = static_cast<uint32_t>(key >> 32), right = static_cast<uint32_t>(key);
    out_.last_merge_count = static_cast<uint64_t>(pairs_[index].count);
    out_.merges.emplace_back(left, right);
    // A merge that rebuilds a piece of another division takes its id.
    const uint32_t made = add_token(out_.tokens[left] + out_.tokens[right].substr(settings_.continuing_prefix.size()));
    const std::vector<uint32_t> words = std::move(pairs_[index].words);
    pairs_[index].words.clear();
    raised_.clear();
    for (const uint32_t word : words) merge_in(word, left, right, made);
    for (const uint32_t pair : raised_) queue(pair);
  }

  void merge_in(uint32_t word, uint32_t left, uint32_t right, uint32_t made) {
    uint32_t* const symbols = symbols_.data() + begins_[word];
    const auto count = static_cast<int64_t>(counts_.words[word].count);
    const uint32_t length = lengths_[word];
    uint32_t to = 0;
    for (uint32_t from = 0; from < length;) {
      if (symbols[from] != left || from + 1 == length || symbols[from + 1] != right) {
        symbols[to++] = symbols[from++];
        continue;
      }
      pairs_[pairs_.index(pair_key(left, right))].count -= count;
      if (to > 0) {
        pairs_[pairs_.index(pair_key(symbols[to - 1], left))].count -= count;
        raise(pair_key(symbols[to - 1], made), count, word);
      }
      from += 2;
      if (from < length) {
        pairs_[pairs_.index(pair_key(right, symbols[from]))].count -= count;
        raise(pair_key(made, symbols[from]), count, word);
      }
      symbols[to++] = made;
    }
    lengths_[word] = to;
  }

  void raise(uint64_t key, int64_t count, uint32_t word) {
    const uint32_t index = pairs_.index(key);
    Pair& pair = pairs_[index];
    pair.count += count;
    if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
    raised_.push_back(index);
  }

  void require_full() const {
    const auto possible = static_cast<int64_t>(out_.tokens.size());
    if (possible >= room_) return;
    throw Error(
        ErrorKind::kData,
        str("the text does not allow so large a vocabulary: got ", grouped(possible), " possible pieces (",
            out_.specials, " special tokens, ", grouped(out_.characters), " characters, ", grouped(out_.continuations),
            " ## characters, ", grouped(out_.merged), " merges seen at least ", options_.min_frequency,
            " times), expected ", grouped(room_), " (--size ", options_.size, " less --unused ", options_.unused,
            "); give more text, or --size ", possible + options_.unused, " or less"));
  }

  const Counts& counts_;
  const TrainOptions& options_;
  const tokenizer::Settings& settings_;
  const int64_t room_;  // tokens but the unused ones
  Trained out_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<uint32_t> symbols_;  // the words' pieces; word i: lengths_[i] of them from begins_[i]
  std::vector<uint64_t> begins_;
  std::vector<uint32_t> lengths_;
  Pairs pairs_;
  std::priority_queue<Candidate> queue_;
  std::vector<uint32_t> raised_;  // pairs whose count the present merge has raised
};

}  // namespace

void TrainOptions::fields(config::Fields& f) {
  f.add("size", size, "tokens of the vocabulary, everything counted", config::between(6, 1 << 24));
  f.add("unused", unused, "[unusedN] tokens at the end, free for terms added later", config::at_least(0));
  f.add("min_frequency", min_frequency, "merge only pairs seen at least so often", config::at_least(1));
  f.add("min_character_count", min_character_count, "keep characters seen at least so often", config::at_least(1));
}

void TrainOptions::check(config::Faults& faults) const {
  if (unused + 6 > size) {
    faults.add(str("unused: got ", unused, " of a vocabulary of ", size, ", expected at most ", size - 6,
                   ", so that special tokens and a piece fit"));
  }
}

Trained train(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings) {
  if (counts.words.empty()) {
    throw Error(ErrorKind::kData, "the text holds no word: a vocabulary needs text to be trained on");
  }
  return Trainer(counts, options, settings).run();
}

}  // namespace lmkor::vocab
