// The language of a document: Korean where enough of its letters are Hangul, else what CLD2 (Compact Language Detector
// 2) says.
#pragma once

#include <string>
#include <string_view>

namespace lmkor::corpus {

// The ISO 639 code of the language of `text` (valid UTF-8, HTML or plain): "ko" if at least `min_hangul_share` of the
// letters are Hangul or CLD2 finds Korean to be a fair part of it, "un" where there are too few letters to tell.
std::string detect_language(std::string_view text, double min_hangul_share);

// Letters of `text`, and how many of them are Hangul (single jamo count).
struct LetterCount {
  size_t letters = 0, hangul = 0;
};
LetterCount count_letters(std::string_view text);

}  // namespace lmkor::corpus
