// Quick looks at valid UTF-8, 64 bytes at a time, that tell where a careful look is not needed. The loops are plain
// ones that compilers turn into vector instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lmkor::text {

inline constexpr size_t kScanBytes = 64;

// Where the plain text that begins at `from` ends, at the latest, seen in steps of about kScanBytes: a position between
// characters, `from` itself if the first step is not plain. Plain are ASCII from U+0020 to U+007E, line feeds,
// syllables and the jamo U+3131 to U+3163.
size_t skip_plain(std::string_view utf8, size_t from);

// As skip_plain(), over text in which no two signs stand side by side. Signs are, here, ASCII punctuation and whatever
// is neither ASCII nor a syllable (nor one of the jamo behind them, from U+D7A4).
size_t skip_lone_signs(std::string_view utf8, size_t from);

// As skip_plain(), over text in which no two blanks or line feeds stand side by side.
size_t skip_lone_blanks(std::string_view utf8, size_t from);

// Whether blanks or line feeds stand side by side or at an end.
bool has_loose_blanks(std::string_view utf8);

// ASCII digits among the first kScanBytes from `from` on, and whether an @ is there, too.
struct DigitScan {
  size_t digits;
  bool at_sign;
};
DigitScan scan_digits(std::string_view utf8, size_t from);

// How many characters are: syllables; a-z and A-Z; any other beyond ASCII.
struct LetterScan {
  size_t syllables, latin, others;
};
LetterScan scan_letters(std::string_view utf8);

}  // namespace lmkor::text
