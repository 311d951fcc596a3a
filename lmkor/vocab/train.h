// Trains a WordPiece vocabulary from counted words by the rule of Hugging Face's WordPieceTrainer, but with every tie
// decided: byte pair encoding in which pieces inside a word carry "##". The same counts give the same tokens in the
// same order, whatever the threads and the memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/tokenizer/settings.h"
#include "lmkor/vocab/alphabet.h"
#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {

struct TrainOptions {
  int64_t size = 42000;
  int64_t unused = 2000;
  int64_t min_frequency = 2;
  int64_t min_count = 0;
  int64_t min_character_count = 2;
  double alphabet_coverage = 1.0;
  int64_t max_word_length = 0;
  std::vector<std::string> keep;
  std::vector<std::string> pre_split = {"none"};

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

struct WordAmount {
  uint64_t different = 0;
  uint64_t count = 0;  // in 1/unit
};

// A vocabulary and how it came about. The order of tokens: special ones, plain characters by code point (also those
// seen only inside words), "##" characters by code point, terms to keep as they were given, merges in the order made,
// [unused0] and on.
struct Trained {
  std::vector<std::string> tokens;
  uint64_t specials = 0, characters = 0, continuations = 0, kept_terms = 0, merged = 0, unused = 0;
  uint64_t merges = 0;                // with those that rebuild a piece there is
  uint64_t last_merge_count = 0;      // how often the pair of the last merge was seen, in 1/unit
  std::vector<Character> alphabet;    // of the text, with those that are left out
  WordAmount rare_words, long_words;  // left out by min_count and max_word_length
  WordAmount cut_words;               // hold a character that is left out: such a word is unknown to the tokenizer
  WordAmount segmented_words;         // divided by the file of --pre-split morphemes
};

struct TrainPlan {
  int threads = 1;
  uint64_t memory_bytes = 0;  // for words; 0: as much as they take
  std::filesystem::path dir;  // for words that do not fit
};

// Throws kData where the text does not allow so large a vocabulary, or has more characters than it has room for;
// kUsage for terms to keep that are not single words.
Trained train(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings,
              const TrainPlan& plan = {});

}  // namespace lmkor::vocab
