// Which sentences are not worth keeping, by named rules. A rule sees one sentence without outer blanks.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

struct FilterOptions {
  int64_t min_characters = 10;
  double min_hangul_share = 0.1;
  int64_t min_distinct = 3;

  void fields(config::Fields& f);
};

// What the rules look at, counted in one pass.
struct SentenceFacts {
  int64_t characters = 0;  // code points, blanks included
  int64_t visible = 0;     // blanks excluded
  int64_t hangul = 0;
  int64_t distinct = 0;  // different visible characters, counted up to kMaxDistinct
  static constexpr int64_t kMaxDistinct = 16;
};
// `sentence` is valid UTF-8.
SentenceFacts sentence_facts(std::string_view sentence);

struct FilterRule {
  std::string_view reason;
  bool (*removes)(const SentenceFacts& facts, const FilterOptions& options);
};
// In the order in which they are asked; the first that removes names the reason.
std::span<const FilterRule> filter_rules();

// Index of the rule that removes `sentence`, -1 if it stays.
int filter_sentence(std::string_view sentence, const FilterOptions& options);

}  // namespace lmkor::corpus
