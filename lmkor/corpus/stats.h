// What any text holds: documents, sentences, lengths, characters, sources. One pass; memory grows with the number of
// different sources and categories, and by some 30 bytes for each document to find repeats.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/corpus/reader.h"

namespace lmkor::corpus {

enum CharacterClass {
  kHangulSyllable,
  kHangulJamo,
  kLatin,
  kDigit,
  kBlank,
  kAsciiPunctuation,
  kOtherCharacter,
  kCharacterClassCount
};
inline constexpr std::array<std::string_view, kCharacterClassCount> kCharacterClassNames = {
    "syllables", "jamo", "latin", "digits", "blanks", "punctuation", "other"};
using CharacterClasses = std::array<uint64_t, kCharacterClassCount>;
// Adds the characters of valid UTF-8.
void count_characters(std::string_view text, CharacterClasses& classes);

struct Stats {
  ReadStats read;
  uint64_t documents = 0, sentences = 0, words = 0, bytes = 0;
  uint64_t repeated_documents = 0;  // that came before, blanks aside
  CharacterClasses characters{};
  std::array<uint64_t, 32> lengths{};                                  // documents by floor(log2(characters))
  std::map<std::string, std::array<uint64_t, 2>> sources, categories;  // documents and bytes

  base::Json to_json() const;
};

Stats measure(const std::vector<std::filesystem::path>& files, const ReadOptions& options, int threads);

}  // namespace lmkor::corpus
