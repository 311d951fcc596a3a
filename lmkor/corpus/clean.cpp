#include "lmkor/corpus/clean.h"

#include <algorithm>

#include "lmkor/corpus/html.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/normalize.h"
#include "lmkor/text/scan.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

// What a pass leaves may rarely be something that an earlier step takes, a quotation mark inside of a tag being gone.
constexpr int kMaxPasses = 8;
constexpr char32_t kBasicCodePoints = 0x10000;

// Whether NFC changes nothing in `text`, as far as a quick look tells.
bool is_nfc(std::string_view text) {
  for (size_t i = text::find_unplain(text, 0); i < text.size();) {
    uint32_t bytes = 1;
    text::decode_valid(text.data() + i, bytes);
    if (!text::is_nfc_quick(text.substr(i, bytes))) return false;
    i = text::find_unplain(text, i + bytes);
  }
  return true;
}

bool keeps_plain(const CharacterSet& characters) {
  for (char32_t c = 0x20; c < 0xD7A4; ++c) {
    if (c == 0x7F) c = 0x3131;
    if (c == 0x3164) c = 0xAC00;
    if (!characters.keeps(c)) return false;
  }
  return true;
}

std::vector<std::string> pii_names() {
  std::vector<std::string> names;
  for (const PiiKindInfo& kind : pii_kinds()) names.emplace_back(kind.name);
  return names;
}

}  // namespace

CleanOptions::CleanOptions() : personal_data_kinds(pii_names()) {}

void CleanOptions::fields(config::Fields& f) {
  f.add("html", html, "decode character references of HTML and take out its tags, comments, scripts and styles");
  f.add("nfc", nfc, "bring text to the Unicode form NFC");
  f.add("jamo", jamo, "bring half-width and lone conjoining jamo to the plain ones that they look like");
  f.add("controls", controls, "take out controls, soft hyphens and other characters that are not seen");
  f.add(
      "characters", characters,
      "characters that stay, blanks apart: ascii, jamo, syllables, hanja, latin, punctuation, emoji, all, a range such "
      "as U+4E00-U+9FFF, or the characters themselves",
      config::required());
  f.add("collapse_blanks", collapse_blanks, "runs of blanks become one, blank lines and outer blanks none");
  f.add("personal_data", personal_data, "put placeholders such as <전화번호> in the place of personal data");
  f.add("personal_data_kinds", personal_data_kinds, "which personal data that is", config::one_of(pii_names()));
  f.add("keep_personal_data", keep_personal_data,
        "keep what was masked under removed/ as everything else; otherwise it is only counted");
  f.add("max_repeats", max_repeats,
        "runs of one sign or emoticon such as ㅋㅋㅋㅋ and !!!! are shortened to so many, 0 leaves them",
        config::at_least(0));
}

void CleanOptions::check(config::Faults& faults) const {
  check_character_names(characters, "clean.characters", faults);
}

std::shared_ptr<const CharacterSet> character_set(const CleanOptions& options) {
  return std::make_shared<const CharacterSet>(
      CharacterSet::Options{options.characters, options.jamo, options.controls});
}

const Cleaner::StepRow Cleaner::kSteps[] = {
    {kHtml, [](const CleanOptions& o) { return o.html; }, &Cleaner::strip_html},
    {kUnicodeForm, [](const CleanOptions& o) { return o.nfc; }, &Cleaner::unicode_form},
    {kCharacters, nullptr, &Cleaner::keep_characters},
    {kBlanks, [](const CleanOptions& o) { return o.collapse_blanks; }, &Cleaner::collapse_blanks},
    {kPersonalData, [](const CleanOptions& o) { return o.personal_data; }, &Cleaner::mask_personal_data},
    {kRepeats, [](const CleanOptions& o) { return o.max_repeats > 0; }, &Cleaner::shorten_repeats},
};

Cleaner::Cleaner(const CleanOptions& options, std::shared_ptr<const CharacterSet> characters)
    : options_(options),
      characters_(std::move(characters)),
      keeps_plain_(keeps_plain(*characters_)),
      repeats_(characters_.get(), std::max<int64_t>(1, options.max_repeats)),
      basic_counts_(kBasicCodePoints) {
  const auto& wanted = options_.personal_data_kinds;
  for (size_t i = 0; i < kPiiKindCount; ++i) {
    if (std::find(wanted.begin(), wanted.end(), pii_kinds()[i].name) == wanted.end()) continue;
    // A placeholder is text like all other: what the set does not hold is not in it.
    for (const char32_t c : text::to_utf32(pii_kinds()[i].placeholder)) {
      if (characters_->keeps(c)) text::append_utf8(placeholders_[i], c);
    }
    if (placeholders_[i].empty()) placeholders_[i] = " ";
  }
}

Cleaner::Result Cleaner::clean(std::string_view text) {
  for (Cuts& cuts : cuts_) cuts.clear();
  Result result{.text = text, .cuts = cuts_};
  for (int pass = 1;; ++pass) {
    const std::string_view before = result.text;
    result.text = run_steps(before, result);
    if (result.text.data() == before.data() || pass == kMaxPasses || !may_go_on(result.text)) break;
    again_ = result.text;  // the buffers are written anew
    result.text = again_;
  }
  return result;
}

std::string_view Cleaner::run_steps(std::string_view text, Result& result) {
  for (const StepRow& row : kSteps) {
    if (row.on != nullptr && !row.on(options_)) continue;
    std::string& out = buffers_[row.step];
    out.clear();
    if (!(this->*row.apply)(text, out, result)) continue;
    result.removed_bytes[row.step] += static_cast<int64_t>(text.size()) - static_cast<int64_t>(out.size());
    text = out;
  }
  return text;
}

// Whether a step would find something in `text`, which has been through all of them: one before it left something else
// then. (Characters and blanks are final.)
bool Cleaner::may_go_on(std::string_view text) {
  if (options_.nfc && !is_nfc(text) && text::nfc(text) != text) return true;
  if (options_.personal_data && cuts_[kRepeats].places > 0) {
    matches_.clear();
    find_pii(text, matches_);
    for (const PiiMatch& match : matches_) {
      if (!placeholders_[static_cast<size_t>(match.kind)].empty()) return true;
    }
  }
  if (!options_.html) return false;
  Cuts cuts;
  std::string out;
  return corpus::strip_html(text, out, cuts);
}

bool Cleaner::strip_html(std::string_view text, std::string& out, Result&) {
  return corpus::strip_html(text, out, cuts_[kHtml]);
}

// Line by line: nothing composes over a line break, and most lines need only the look.
bool Cleaner::unicode_form(std::string_view text, std::string& out, Result&) {
  if (is_nfc(text)) return false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    if (is_nfc(line)) {
      out += line;
    } else {
      const size_t size = out.size();
      out += text::nfc(line);
      cuts_[kUnicodeForm].places += std::string_view(out).substr(size) != line;
    }
    begin = end;
  }
  return true;
}

// Copies runs of characters that stay; `out` is touched only once something goes. Three steps in one pass: jamo and
// controls count for themselves.
bool Cleaner::keep_characters(std::string_view text, std::string& out, Result& result) {
  size_t run = 0;
  size_t i = 0;
  std::string& deleted = cuts_[kCharacters].text;
  std::string& controls = cuts_[kControls].text;
  const int64_t places_before = static_cast<int64_t>(cuts_[kControls].places);
  int64_t control_bytes = 0;
  while (i < text.size()) {
    if (keeps_plain_) {
      i = text::find_unplain(text, i);
      if (i == text.size()) break;
    }
    const char* at = text.data() + i;
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(at, bytes);
    const CharacterSet::Class what = characters_->at(c);
    if (what == CharacterSet::kKeep) [[likely]] {
      i += bytes;
      continue;
    }
    out.append(text, run, i - run);
    i += bytes;
    run = i;
    switch (what) {
      case CharacterSet::kBreak:
        out += '\n';
        break;
      case CharacterSet::kBlank:
        out += ' ';
        break;
      case CharacterSet::kJamo: {
        const char32_t plain = text::compatibility_jamo(c);
        ++cuts_[kJamo].places;
        if (characters_->keeps(plain)) {
          text::append_utf8(out, plain);
        } else {
          deleted.append(at, bytes);
          count(c);
          ++cuts_[kCharacters].places;
          out += ' ';
        }
        break;
      }
      case CharacterSet::kControl:
      case CharacterSet::kFiller:
        if (what == CharacterSet::kFiller) out += ' ';
        control_bytes += bytes - (what == CharacterSet::kFiller);
        controls.append(at, bytes);
        count(c);
        ++cuts_[kControls].places;
        break;
      default:
        if (what == CharacterSet::kDivide) out += ' ';
        deleted.append(at, bytes);
        count(c);
        ++cuts_[kCharacters].places;
    }
  }
  if (run == 0) return false;
  out.append(text, run, text.size() - run);
  // run_steps() gives all to kCharacters; what controls were goes to their own step.
  if (static_cast<int64_t>(cuts_[kControls].places) > places_before) {
    result.removed_bytes[kControls] += control_bytes;
    result.removed_bytes[kCharacters] -= control_bytes;
  }
  return true;
}

bool Cleaner::collapse_blanks(std::string_view text, std::string& out, Result&) {
  if (!text::has_loose_blanks(text)) return false;
  // The blank or line break that is due before the next character; none at the start.
  char due = '\0';
  size_t i = 0;
  while (i < text.size()) {
    const size_t begin = i;
    if (text[i] != ' ' && text[i] != '\n') {
      i = text::find_blank_pair(text, i);
      // A blank at the end is alone, too, but does not stay.
      if (i == text.size() && (text[i - 1] == ' ' || text[i - 1] == '\n')) --i;
    }
    // A lone blank between two characters belongs to the run.
    while (i < text.size() && text[i] != '\n' &&
           (text[i] != ' ' || (i > begin && i + 1 < text.size() && text[i + 1] != ' ' && text[i + 1] != '\n'))) {
      ++i;
    }
    if (i > begin) {
      if (due != '\0' && !out.empty()) out += due;
      out.append(text, begin, i - begin);
      due = '\0';
    }
    for (; i < text.size() && (text[i] == ' ' || text[i] == '\n'); ++i)
      due = text[i] == '\n' || due == '\n' ? '\n' : ' ';
  }
  cuts_[kBlanks].places += out.size() != text.size();
  return true;
}

bool Cleaner::mask_personal_data(std::string_view text, std::string& out, Result& result) {
  matches_.clear();
  find_pii(text, matches_);
  size_t copied = 0;
  bool changed = false;
  for (const PiiMatch& match : matches_) {
    const std::string& placeholder = placeholders_[static_cast<size_t>(match.kind)];
    if (placeholder.empty()) continue;
    changed = true;
    out.append(text, copied, match.begin - copied);
    out += placeholder;
    copied = match.begin + match.size;
    cuts_[kPersonalData].add(text.substr(match.begin, match.size));
    ++result.masked[static_cast<size_t>(match.kind)];
  }
  if (changed) out.append(text, copied);
  return changed;
}

bool Cleaner::shorten_repeats(std::string_view text, std::string& out, Result&) {
  return repeats_.shorten(text, out, cuts_[kRepeats]);
}

void Cleaner::count(char32_t c) {
  if (c < kBasicCodePoints) {
    ++basic_counts_[c];
  } else {
    ++other_counts_[c];
  }
}

void Cleaner::take_counts(CharacterCounts& counts) {
  for (char32_t c = 0; c < kBasicCodePoints; ++c) {
    if (basic_counts_[c] > 0) counts[c] += basic_counts_[c];
    basic_counts_[c] = 0;
  }
  for (const auto& [c, count] : other_counts_) counts[c] += count;
  other_counts_.clear();
}

}  // namespace lmkor::corpus
