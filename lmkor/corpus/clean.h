// Cleaning of one document's text, in named steps that can be switched off. Cleaning deletes, joins and masks, it never
// "corrects": what people typed stays as they typed it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/corpus/characters.h"
#include "lmkor/corpus/cuts.h"
#include "lmkor/corpus/pii.h"
#include "lmkor/corpus/repeats.h"

namespace lmkor::corpus {

struct CleanOptions {
  bool html = true;
  bool nfc = true;
  bool jamo = true;
  bool controls = true;
  // KcBERT's set (https://github.com/Beomi/KcBERT): what LM-kor calls Hangul, Latin, digits and some specials.
  std::vector<std::string> characters = {"ascii", "jamo", "syllables", "％·∼"};
  bool collapse_blanks = true;
  bool personal_data = true;
  std::vector<std::string> personal_data_kinds;
  bool keep_personal_data = true;
  int64_t max_repeats = 3;

  CleanOptions();
  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// Cleans documents; holds buffers, so each thread has its own.
class Cleaner {
 public:
  // The steps in order; each takes bytes away (the Unicode form and placeholders may add some, rarely).
  enum Step { kHtml, kUnicodeForm, kJamo, kControls, kCharacters, kBlanks, kPersonalData, kRepeats, kStepCount };
  static constexpr std::array<std::string_view, kStepCount> kStepNames = {
      "html", "unicode_form", "jamo", "controls", "characters", "blanks", "personal_data", "repeats"};

  // `characters` is that of the options (character_set()).
  Cleaner(const CleanOptions& options, std::shared_ptr<const CharacterSet> characters);

  struct Result {
    std::string_view text;  // valid until the next call
    std::array<int64_t, kStepCount> removed_bytes{};
    const std::array<Cuts, kStepCount>& cuts;  // what each step took out
    std::array<uint32_t, kPiiKindCount> masked{};
  };
  // `text` is valid UTF-8. Cleaning its result again changes nothing.
  Result clean(std::string_view text);

  // Adds what was deleted since the last call to `counts`.
  void take_counts(CharacterCounts& counts);

 private:
  struct StepRow {
    Step step;
    bool (*on)(const CleanOptions& options);  // nullptr: always
    // Writes to `out` and returns true, or returns false where the text stays as it is.
    bool (Cleaner::*apply)(std::string_view text, std::string& out, Result& result);
  };
  static const StepRow kSteps[];
  std::string_view run_steps(std::string_view text, Result& result);
  bool may_go_on(std::string_view text);

  bool strip_html(std::string_view text, std::string& out, Result& result);
  bool unicode_form(std::string_view text, std::string& out, Result& result);
  bool keep_characters(std::string_view text, std::string& out, Result& result);
  bool collapse_blanks(std::string_view text, std::string& out, Result& result);
  bool mask_personal_data(std::string_view text, std::string& out, Result& result);
  bool shorten_repeats(std::string_view text, std::string& out, Result& result);
  void count(char32_t c);

  CleanOptions options_;
  std::shared_ptr<const CharacterSet> characters_;
  bool keeps_plain_;  // all that text::find_unplain() passes over
  RepeatShortener repeats_;
  std::array<std::string, kPiiKindCount> placeholders_;  // empty: not masked
  std::vector<PiiMatch> matches_;
  std::array<std::string, kStepCount> buffers_;
  std::string again_;
  std::array<Cuts, kStepCount> cuts_;
  std::vector<uint32_t> basic_counts_;  // by code point below U+10000
  CharacterCounts other_counts_;
};

std::shared_ptr<const CharacterSet> character_set(const CleanOptions& options);

}  // namespace lmkor::corpus
