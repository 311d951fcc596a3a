// How a vocabulary divides counted text: what report.html and the results of `vocab train` and `vocab report` tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/alphabet.h"
#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {

struct Example {
  std::string word;
  uint64_t count;
};

// The most frequent of the words that are shown to it; of equally frequent ones those of smaller bytes.
class TopWords {
 public:
  explicit TopWords(size_t most = 12) : most_(most) {}
  void add(std::string_view word, uint64_t count) {
    if (heap_.size() < most_ || before(count, word, heap_.front())) insert(word, count);
  }
  void add(const TopWords& other);
  std::vector<Example> falling() const;

 private:
  static bool before(uint64_t count, std::string_view word, const Example& other) {
    return count != other.count ? count > other.count : word < other.word;
  }
  void insert(std::string_view word, uint64_t count);
  size_t most_;
  std::vector<Example> heap_;  // the last one of them on top
};

struct BlockUse {
  std::string block;           // of Unicode
  uint64_t characters = 0;     // in the text
  uint64_t without_piece = 0;  // those that no single piece covers where they stand: the cause of unknown words
  uint64_t unknown_words = 0;  // words that hold one of the latter
};

// All counts are weighted, in 1/unit of the counted text.
struct Stats {
  uint64_t unit = 1;
  uint64_t bytes = 0, eojeols = 0, words = 0, different_words = 0;
  uint64_t pieces = 0;                     // all words divided
  uint64_t unknown_words = 0;              // words that are one unknown piece
  std::vector<uint64_t> uses;              // by id
  std::vector<uint64_t> words_by_pieces;   // [n]: words of n pieces, the last one of as many or more
  std::vector<uint64_t> tokens_by_length;  // [n]: vocabulary pieces of n characters without "##", the last one as above
  std::vector<int32_t> most_used, longest;  // ids, falling; of equals the smaller first
  std::vector<int32_t> never_given;         // learned pieces that greedy matching never gives on this text
  std::vector<Example> divided, unknown;    // the most frequent words of four pieces or more, and unknown ones
  std::vector<BlockUse> blocks;             // blocks of the text's characters, most frequent first

  double pieces_per_word() const { return ratio(pieces, words); }
  double pieces_per_eojeol() const { return ratio(pieces, eojeols); }
  double bytes_per_piece() const { return ratio(bytes, pieces); }
  double unknown_share() const { return ratio(unknown_words, words); }
  // [k]: the share of all pieces given that the k most used ones make up, k = 1, 2, 4... and all.
  std::vector<std::pair<uint64_t, double>> coverage() const;

  static double ratio(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

// Divides every counted word; the same for any number of threads. `alphabet` are the characters of the counts.
Stats measure(const tokenizer::Tokenizer& tokenizer, const Counts& counts, const std::vector<Character>& alphabet,
              int threads);

}  // namespace lmkor::vocab
