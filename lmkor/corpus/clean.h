// Cleaning of one document's text, in named steps that can be switched off. Cleaning deletes and joins, it never
// "corrects": what people typed stays as they typed it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

struct CleanOptions {
  bool nfc = true;
  // KcBERT's set (https://github.com/Beomi/KcBERT): what LM-kor calls Hangul, Latin, digits and some specials.
  std::vector<std::string> characters = {"ascii", "jamo", "syllables", "％·∼"};
  bool collapse_blanks = true;

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// How often each character was deleted.
using CharacterCounts = std::map<char32_t, uint64_t>;

// Which characters stay: a table over all of Unicode, built once and shared by threads.
class CharacterSet {
 public:
  enum Class : uint8_t {
    kKeep,
    kBlank,   // becomes a blank
    kBreak,   // becomes a line break
    kErase,   // vanishes: quotes, brackets, marks, controls (a blank would cut a word from its particle)
    kDivide,  // deleted, a blank stays behind: all others (without it "좋아요♥최고" would be one word)
  };
  // `names` as in CleanOptions::characters. Throws kConfig for a name that is none.
  explicit CharacterSet(std::span<const std::string> names);
  Class at(char32_t c) const { return static_cast<Class>(classes_[c]); }

 private:
  std::vector<uint8_t> classes_;
};

// Cleans documents; holds buffers, so each thread has its own.
class Cleaner {
 public:
  // The steps in order; each takes bytes away (only the Unicode form may add some, rarely).
  enum Step { kUnicodeForm, kCharacters, kBlanks, kStepCount };
  static constexpr std::array<std::string_view, kStepCount> kStepNames = {"unicode_form", "characters", "blanks"};

  Cleaner(const CleanOptions& options, std::shared_ptr<const CharacterSet> characters);

  struct Result {
    std::string_view text;  // valid until the next call
    std::array<int64_t, kStepCount> removed_bytes{};
    std::string_view deleted;  // the characters deleted, in order
  };
  // `text` is valid UTF-8.
  Result clean(std::string_view text);

  // Adds what was deleted since the last call to `counts`.
  void take_counts(CharacterCounts& counts);

 private:
  struct StepRow {
    Step step;
    bool CleanOptions::*on;  // nullptr: always
    // Writes to `out` and returns true, or returns false where the text stays as it is.
    bool (Cleaner::*apply)(std::string_view text, std::string& out);
  };
  static const StepRow kSteps[];
  bool unicode_form(std::string_view text, std::string& out);
  bool keep_characters(std::string_view text, std::string& out);
  bool collapse_blanks(std::string_view text, std::string& out);

  CleanOptions options_;
  std::shared_ptr<const CharacterSet> characters_;
  std::array<std::string, kStepCount> buffers_;
  std::string deleted_;
  CharacterCounts counts_;
};

}  // namespace lmkor::corpus
