// Repeated sentences and repeated runs of words, out of core: the first in the order of the input stays, and what goes
// with a document that goes does not count.
//
//   repeat/BUCKET/drops   by unit, the numbers of sentences that came before
//   words/BUCKET/drops    by unit, runs of words that came before, as WordRun
#pragma once

#include <cstdint>
#include <filesystem>

#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

struct WordRun {
  uint32_t sentence, first_word;
  friend auto operator<=>(const WordRun&, const WordRun&) = default;
};

void repeat_bucket(const Work& work, size_t bucket, const std::filesystem::path& folder);
void words_bucket(const Work& work, size_t bucket, const std::filesystem::path& folder);

// Numbers of the sentences of `unit` that came before, in order.
std::vector<uint32_t> repeated_sentences(const Work& work, size_t unit);

}  // namespace lmkor::corpus
