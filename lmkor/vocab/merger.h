// Byte pair encoding over counted words: which two neighbouring pieces stand together most often, and joining them
// everywhere. Knows ids, not text. Best pair: highest count, then smaller left id, then smaller right id.
//
// The counts of pairs are upper bounds. A pair comes into being when one of its pieces is made, and from then on its
// occurrences only vanish; so nothing is counted down when words change, but the pair at the top is counted anew in its
// words before it is taken. A piece that is made a second time, out of other parts, gets a new version: pairs of the
// old one are void, and all pairs with it are counted anew.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "lmkor/vocab/long_array.h"

namespace lmkor::vocab {

class Merger {
 public:
  // In a word: no pair holds it. Stands where a word must not be joined.
  static constexpr uint32_t kGap = 0xFFFFFFFF;

  // Pairs seen fewer than `min_count` times are never taken. Words and their lists are held in memory, or in files in
  // `dir` if it is given: then half of `memory_bytes` (16 MB at least) of them are in memory at a time, and a quarter
  // (4 MB at least) serves finding pairs; the numbers of pairs that are seen often enough, 4 bytes each, come on top.
  explicit Merger(uint64_t min_count, std::filesystem::path dir = {}, uint64_t memory_bytes = 0);

  // All words come before find_pairs(), those of many symbols or few, each with its count.
  void add_word(std::span<const uint32_t> symbols, uint64_t count);
  void find_pairs();

  struct Best {
    uint32_t left, right;
    uint64_t count;
  };
  // The best pair, if there is one; merge() then joins it to `made`.
  std::optional<Best> best();
  void merge(uint32_t made);

 private:
  // In `rows_`, at a word's place: length, count (lower, upper half), symbols.
  static constexpr uint32_t kHead = 3;
  // In `lists_`, at a list's place: length, places of words in rising order.
  struct Pair {
    uint32_t left, right;
    uint64_t count;    // an upper bound; 0: merged
    uint32_t list;     // words that may hold the pair
    uint32_t version;  // sum of the versions of its pieces when it was counted
  };
  struct Candidate {
    uint64_t count;
    uint32_t left, right, pair;
    bool operator<(const Candidate& other) const {
      if (count != other.count) return count < other.count;
      return left != other.left ? left > other.left : right > other.right;
    }
  };
  // A pair that comes into being with the present merge.
  struct Fresh {
    uint32_t left, right;
    uint64_t count = 0;
    uint32_t words = 0, list = 0, last_word = 0xFFFFFFFF;
  };

  // The pairs whose hash is `number` modulo `of`, a power of two.
  struct PairPart {
    uint32_t number, of;
  };

  bool find_pairs(const PairPart& part);
  uint64_t count_of(const uint32_t* row) const { return row[1] | static_cast<uint64_t>(row[2]) << 32; }
  uint32_t version_of(uint32_t left, uint32_t right) const { return versions_[left] + versions_[right]; }
  uint64_t recount(const Pair& pair);
  void queue(uint32_t pair);
  bool open_bucket();
  void join(uint32_t word, uint32_t left, uint32_t right, uint32_t made);
  void see_neighbours(uint32_t word, uint32_t made);
  void see(std::vector<uint32_t>& slots, uint32_t neighbour, Fresh pair, uint64_t count, uint32_t word);
  void grow_tables(uint32_t symbol);
  void touch(uint64_t numbers);
  void release_pages();

  uint64_t min_count_, most_file_bytes_, most_pair_bytes_;
  LongArray<uint32_t> rows_, lists_, number_at_;
  uint64_t words_ = 0;
  uint32_t symbols_ = 0;  // ids below this are in use
  LongArray<Pair> pairs_;
  // Pairs by the binary logarithm of their count: those of `open_` and above are in the heap.
  std::vector<std::vector<uint32_t>> buckets_;
  size_t open_ = 64;
  std::vector<Candidate> heap_;
  std::vector<uint32_t> versions_;  // by id
  std::vector<uint32_t> made_in_;   // by id: list of the words that may hold it; kGap: in none
  uint32_t taken_ = 0;              // the pair that best() gave
  // of one merge
  std::vector<Fresh> fresh_;
  std::vector<uint32_t> left_slots_, right_slots_;  // by neighbour: its place in fresh_
  struct Sighting {
    uint32_t fresh, word;
  };
  std::vector<Sighting> sightings_;
  std::vector<uint32_t> united_;
  uint64_t touched_ = 0;  // numbers in files since memory was looked at
};

}  // namespace lmkor::vocab
