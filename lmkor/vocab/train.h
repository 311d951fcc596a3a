// Trains a WordPiece vocabulary from counted words by the rule of Hugging Face's WordPieceTrainer, but with every tie
// decided: byte pair encoding in which pieces inside a word carry "##". Two calls with the same counts give the same
// tokens in the same order.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/tokenizer/settings.h"
#include "lmkor/vocab/count.h"

namespace lmkor::vocab {

struct TrainOptions {
  int64_t size = 42000;
  int64_t unused = 2000;
  int64_t min_frequency = 2;
  int64_t min_character_count = 2;

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// A vocabulary and how it came about. The order of tokens: special ones, plain characters by code point (also those
// seen only inside words), "##" characters by code point, merges in the order made, [unused0] and on.
struct Trained {
  std::vector<std::string> tokens;
  std::vector<std::pair<uint32_t, uint32_t>>
      merges;  // ids of left and right, in the order made; those that rebuild too
  uint64_t specials = 0, characters = 0, continuations = 0, merged = 0, unused = 0;
  // Characters of the text, and those left out because they were seen fewer than min_character_count times.
  uint64_t characters_seen = 0, characters_left_out = 0;
  uint64_t character_count = 0, character_count_left_out = 0;
  uint64_t last_merge_count = 0;  // how often the pair of the last merge was seen
};

// Throws kData where the text does not allow so large a vocabulary, or has more characters than it has room for.
Trained train(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings);

}  // namespace lmkor::vocab
