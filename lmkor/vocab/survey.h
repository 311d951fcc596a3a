// A vocabulary on text that it was not made from, and two vocabularies side by side: what `vocab report` tells.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/report/report.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/counts.h"
#include "lmkor/vocab/stats.h"

namespace lmkor::vocab {

struct SourceUse {
  uint64_t documents = 0, bytes = 0, eojeols = 0, words = 0, pieces = 0, unknown_words = 0;
  void add(const SourceUse& other);
};
using Sources = std::map<std::string, SourceUse>;

// Divides documents one by one; one for each thread.
class SourceMeter {
 public:
  explicit SourceMeter(const tokenizer::Tokenizer& tokenizer);
  void add(const std::string& source, std::string_view text, tokenizer::Tokenizer::Scratch& scratch, Sources& to);

 private:
  const tokenizer::Tokenizer& tokenizer_;
  tokenizer::Pretokenizer pretokenizer_;
  std::vector<bool> begins_word_;  // by id
  std::vector<int32_t> ids_;
};

struct Division {
  Example word;
  std::string pieces, other_pieces;
};

// Two vocabularies on the same counted words.
struct Comparison {
  uint64_t size = 0, other_size = 0;
  uint64_t shared = 0, shared_ids = 0;                // tokens in both; those with the same id
  std::vector<int32_t> only_here, only_there;         // learned tokens of each, most used first
  Stats other;                                        // of the other one
  uint64_t divided_alike = 0, divided_otherwise = 0;  // words, weighted
  uint64_t fewer_here = 0, fewer_there = 0;           // words that take fewer pieces here, there
  std::vector<Division> examples;                     // the most frequent words that are divided otherwise
};

// Throws kIncompatible where the two divide text into different words.
Comparison compare(const tokenizer::Tokenizer& tokenizer, const Stats& stats, const tokenizer::Tokenizer& other,
                   const std::string& other_origin, const Counts& counts, const std::vector<Character>& alphabet,
                   int threads);

void add_sources(report::Report& page, const Sources& sources);
void add_comparison(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats,
                    const tokenizer::Tokenizer& other, const Comparison& comparison);
base::Json sources_json(const Sources& sources);
base::Json comparison_json(const tokenizer::Tokenizer& tokenizer, const tokenizer::Tokenizer& other,
                           const Comparison& comparison);

}  // namespace lmkor::vocab
