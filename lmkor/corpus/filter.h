// Which sentences and documents are not worth keeping, by named rules over counted facts. A rule of sentences sees one
// sentence without outer blanks; a rule of documents sees what those left of a document.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

struct FilterOptions {
  std::vector<std::string> languages = {"ko"};
  double min_language_hangul = 0.3;
  int64_t min_characters = 10;
  int64_t min_letters = 5;
  double min_hangul_share = 0.1;
  double max_symbol_share = 0.5;
  int64_t min_distinct = 3;
  double max_repeated_share = 0.7;
  double max_document_repeated_share = 0.6;
  double max_list_share = 0.9;
  int64_t boilerplate_documents = 0;
  std::vector<std::string> profanity;
  std::vector<std::string> spam;

  void fields(config::Fields& f);
};

// What the rules look at, counted in one pass.
struct SentenceFacts {
  int64_t characters = 0;  // code points, blanks included
  int64_t visible = 0;     // blanks excluded
  int64_t hangul = 0;
  int64_t letters = 0;        // Hangul, Latin and others; single jamo are none
  int64_t jamo = 0;           // single ones
  int64_t digits = 0;         // ASCII
  int64_t distinct = 0;       // different visible characters, counted up to kMaxDistinct
  double repeated_share = 0;  // of the triples of visible characters, those that came before; 0 for short sentences
  static constexpr int64_t kMaxDistinct = 16;
  static constexpr int64_t kMinRepeating = 20;  // visible characters from which repeats are counted
};

// Counts facts; holds a table, so each thread has its own.
class FactCounter {
 public:
  // Repeated shares up to `exact_above` may be told as 0, which saves time.
  explicit FactCounter(double exact_above = 0);
  // `sentence` is valid UTF-8.
  SentenceFacts count(std::string_view sentence);

  struct DocumentFacts {
    int64_t lines = 0;
    int64_t list_lines = 0;     // that begin with a mark or number of a list, or are short and end no sentence
    double repeated_share = 0;  // of the bytes of words, those in runs of kRunWords words that came before
    static constexpr size_t kRunWords = 5;
    static constexpr size_t kMinWords = 50;  // from which repeats are counted
    static constexpr int64_t kMinLines = 10;
  };
  DocumentFacts count_document(std::string_view text);

 private:
  // True if `key` was not in the set since clear().
  bool insert(uint64_t key);
  void clear(size_t keys);

  double repeated_share(std::string_view sentence, int64_t visible);

  double exact_above_;
  std::vector<uint64_t> slots_;
  std::vector<uint32_t> used_;  // round in which the slot was filled
  uint32_t round_ = 0;
  uint64_t mask_ = 0;
  std::vector<std::pair<uint64_t, uint32_t>> words_;  // hash and bytes
};

using DocumentFacts = FactCounter::DocumentFacts;

template <class Facts>
struct FilterRule {
  std::string_view reason;
  bool (*removes)(const Facts& facts, const FilterOptions& options);
};
// In the order in which they are asked; the first that removes names the reason.
std::span<const FilterRule<SentenceFacts>> sentence_rules();
std::span<const FilterRule<DocumentFacts>> document_rules();

// Index of the first rule that removes, -1 if none does.
template <class Facts>
int first_rule(std::span<const FilterRule<Facts>> rules, const Facts& facts, const FilterOptions& options) {
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].removes(facts, options)) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace lmkor::corpus
