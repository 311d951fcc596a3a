// Runs of one sign or of a short emoticon (ㅋㅋㅋㅋ, !!!!, ^^^^, ㅋㅎㅋㅎㅋㅎ, ^_^^_^^_^) shortened. Letters of words
// are safe: syllables, Latin letters, digits and other letters are never taken, only single jamo, punctuation and
// symbols.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/corpus/characters.h"
#include "lmkor/corpus/cuts.h"

namespace lmkor::corpus {

class RepeatShortener {
 public:
  static constexpr size_t kMaxUnit = 4;  // characters that make one emoticon

  // `max_repeats` at least 1: as many of a unit as stay.
  RepeatShortener(const CharacterSet* characters, int64_t max_repeats)
      : characters_(characters), max_repeats_(static_cast<size_t>(max_repeats)) {}

  // Writes `text` to `out` with runs shortened and adds the runs to `cuts`; false, and nothing is written, where there
  // is none. A second call changes nothing more.
  bool shorten(std::string_view text, std::string& out, Cuts& cuts);

 private:
  // A character that stays, and for each length of unit how many characters up to it equal the one a unit before.
  struct Sign {
    char32_t code_point;
    uint32_t begin, bytes;  // in the run
    std::array<uint32_t, kMaxUnit> equal;
  };
  void shorten_run(std::string_view run);

  const CharacterSet* characters_;
  size_t max_repeats_;
  std::vector<Sign> signs_;
};

}  // namespace lmkor::corpus
