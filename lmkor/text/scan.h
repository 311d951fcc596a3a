// Quick looks at valid UTF-8, 64 bytes at a time, that tell where a careful look is needed, and counts of characters by
// class.
#pragma once

#include <cstddef>
#include <string_view>

namespace lmkor::text {

inline constexpr size_t kScanBytes = 64;

// Each looks from `from` (between two characters) on and gives the size of the text where nothing is found.

// The first character that is not plain. Plain are U+0020 to U+007E, line feeds, syllables and the jamo U+3131 to
// U+3163.
size_t find_unplain(std::string_view utf8, size_t from);

// A place up to which no two signs stand side by side: a sign that another may follow. Signs are ASCII punctuation and
// whatever is neither ASCII nor a syllable.
size_t find_sign_pair(std::string_view utf8, size_t from);

// The first of two blanks or line feeds side by side.
size_t find_blank_pair(std::string_view utf8, size_t from);

// A place up to which no sentence ends: a line feed; a blank behind a character other than ASCII letters, digits and
// most punctuation, or most syllables; a full stop, question or exclamation mark that Hangul may follow.
size_t find_sentence_end(std::string_view utf8, size_t from);

// In steps of kScanBytes, the first step that holds an @, or together with the next one kFewestDigits ASCII digits of
// which it has one itself.
inline constexpr size_t kFewestDigits = 9;
size_t find_number(std::string_view utf8, size_t from);

// Whether blanks or line feeds stand side by side or at an end.
bool has_loose_blanks(std::string_view utf8);

struct CharacterScan {
  size_t characters = 0;
  size_t blanks = 0;     // U+0020, tabs, line feeds
  size_t latin = 0;      // a-z, A-Z
  size_t digits = 0;     // 0-9
  size_t syllables = 0;  // U+AC00 to U+D7A3
  size_t jamo = 0;       // U+3131 to U+3163
  size_t others = 0;     // beyond ASCII
};
CharacterScan scan_characters(std::string_view utf8);

}  // namespace lmkor::text
