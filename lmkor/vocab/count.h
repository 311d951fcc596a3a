// Words of a text and how often each is seen: what a vocabulary is trained from. Words are those of the tokenizer
// (normalised, divided at spaces and punctuation), so training and encoding cannot disagree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lmkor/tokenizer/settings.h"

namespace lmkor::vocab {

struct WordCount {
  std::string word;
  uint64_t count;
};

struct Counts {
  std::vector<WordCount> words;  // most frequent first, equal ones by their bytes
  uint64_t texts = 0;
  uint64_t bytes = 0;
  uint64_t eojeols = 0;  // stretches between ASCII blanks
  uint64_t total = 0;    // words seen
};

// Counts the words of all texts that `next` gives (it returns false at the end and is called from one thread at a time)
// on `threads` threads. The result depends neither on their number nor on the order of the texts. Every different word
// is held in memory.
Counts count_words(const std::function<bool(std::string& text)>& next, const tokenizer::Settings& settings,
                   int threads);

// counts.zst: a line "COUNT<tab>WORD" for each word, in the order of Counts.
void write_counts(const std::filesystem::path& path, const Counts& counts);

}  // namespace lmkor::vocab
