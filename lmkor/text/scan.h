// Quick looks at valid UTF-8, 64 bytes at a time (cpu/masks.h), that tell where a careful look is needed, and counts of
// characters by class.
#pragma once

#include <cstddef>
#include <string_view>

namespace lmkor::text {

// Where, from `from` (between two characters) on, the first character begins that is not plain; the size of the text if
// all are. Plain are U+0020 to U+007E, line feeds, syllables and the jamo U+3131 to U+3163.
size_t find_unplain(std::string_view utf8, size_t from);

// Up to where no two signs stand side by side: a sign that another may follow, or the size of the text. Signs are ASCII
// punctuation and whatever is neither ASCII nor a syllable.
size_t find_sign_pair(std::string_view utf8, size_t from);

// Where the first of two blanks or line feeds side by side lies; the size of the text if there are none.
size_t find_blank_pair(std::string_view utf8, size_t from);

// Whether blanks or line feeds stand side by side or at an end.
bool has_loose_blanks(std::string_view utf8);

struct CharacterScan {
  size_t characters = 0;
  size_t blanks = 0;  // U+0020, tabs, line feeds
  size_t latin = 0;   // a-z, A-Z
  size_t digits = 0;  // 0-9
  size_t at_signs = 0;
  size_t syllables = 0;
  size_t jamo = 0;    // U+3131 to U+3163
  size_t others = 0;  // beyond ASCII
};
CharacterScan scan_characters(std::string_view utf8);

}  // namespace lmkor::text
