// How a vocabulary divides the text it was trained on: what report.html and run.json of `vocab train` tell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/count.h"

namespace lmkor::vocab {

struct PieceUse {
  int32_t id;
  uint64_t count;
};

struct Stats {
  uint64_t bytes = 0, eojeols = 0, words = 0, different_words = 0;
  uint64_t pieces = 0;                     // all words divided
  uint64_t unknown_words = 0;              // words that are one unknown piece
  std::vector<uint64_t> uses;              // by id
  std::vector<uint64_t> words_by_pieces;   // [n]: words of n pieces, the last one of as many or more
  std::vector<uint64_t> tokens_by_length;  // [n]: vocabulary pieces of n characters without "##", the last one as above
  std::vector<PieceUse> most_used;         // falling
  std::vector<int32_t> longest;            // falling length, then by id

  double pieces_per_word() const { return ratio(pieces, words); }
  double pieces_per_eojeol() const { return ratio(pieces, eojeols); }
  double bytes_per_piece() const { return ratio(bytes, pieces); }
  double unknown_share() const { return ratio(unknown_words, words); }
  uint64_t unused_pieces = 0;  // learned pieces that greedy matching never gives on this text

  static double ratio(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

// Divides every counted word; the same for any number of threads.
Stats measure(const tokenizer::Tokenizer& tokenizer, const Counts& counts, int threads);

}  // namespace lmkor::vocab
