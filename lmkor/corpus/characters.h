// Which characters stay, and what happens to each of the others: a table over all of Unicode, built once and shared by
// threads.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

// How often each character was deleted.
using CharacterCounts = std::map<char32_t, uint64_t>;

class CharacterSet {
 public:
  enum Class : uint8_t {
    kKeep,
    kBlank,    // becomes a blank
    kBreak,    // becomes a line break
    kErase,    // vanishes: quotes, brackets, marks (a blank would cut a word from its particle)
    kDivide,   // deleted, a blank stays behind: all others (without it "좋아요♥최고" would be one word)
    kJamo,     // becomes the jamo that looks like it: half-width and lone conjoining jamo
    kControl,  // vanishes: controls, soft hyphens, zero-width characters, marks of direction
    kFiller,   // becomes a blank: letters that are not seen (Hangul fillers, the empty Braille cell)
  };
  struct Options {
    std::vector<std::string> names;  // as in CleanOptions::characters
    bool jamo = true;                // otherwise they are judged by `names`, as are the next
    bool controls = true;
  };
  // Throws kConfig for a name that is none.
  explicit CharacterSet(const Options& options);

  Class at(char32_t c) const { return static_cast<Class>(classes_[c] & kClassBits); }
  bool keeps(char32_t c) const { return at(c) == kKeep; }
  // Whether a run of `c` may be shortened: single jamo, punctuation, symbols; never letters of words, digits or blanks.
  bool repeats(char32_t c) const { return (classes_[c] & kRepeatsBit) != 0; }

 private:
  static constexpr uint8_t kClassBits = 0x0F, kRepeatsBit = 0x80;
  std::vector<uint8_t> classes_;
};

// Adds a fault for each entry of `names` that means no characters.
void check_character_names(std::span<const std::string> names, std::string_view setting, config::Faults& faults);

}  // namespace lmkor::corpus
