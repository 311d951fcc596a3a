#include "lmkor/corpus/clean.h"

#include <algorithm>
#include <charconv>

#include <utf8proc.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/normalize.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr char32_t kCodePoints = 0x110000;

struct NamedRange {
  std::string_view name;
  char32_t first, last;
};
constexpr NamedRange kRanges[] = {
    {"all", 0x20, 0x10FFFF},         {"ascii", 0x20, 0x7E},       {"jamo", 0x3131, 0x3163},
    {"syllables", 0xAC00, 0xD7A3},   {"hanja", 0x4E00, 0x9FFF},   {"latin", 0x00C0, 0x024F},
    {"punctuation", 0x2010, 0x2027}, {"emoji", 0x1F300, 0x1FAFF},
};

// "U+4E00" or, with `rest`, what follows it.
bool parse_code_point(std::string_view text, char32_t& out, std::string_view& rest) {
  if (!text.starts_with("U+")) return false;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  if (error != std::errc() || value >= kCodePoints) return false;
  out = value;
  rest = std::string_view(end, static_cast<size_t>(text.data() + text.size() - end));
  return true;
}

// The ranges that one entry of `characters` stands for; empty if it is faulty.
std::vector<NamedRange> ranges_of(std::string_view entry) {
  for (const NamedRange& range : kRanges) {
    if (range.name == entry) return {range};
  }
  char32_t first = 0, last = 0;
  std::string_view rest;
  if (parse_code_point(entry, first, rest)) {
    last = first;
    if (rest.starts_with("-") && !parse_code_point(rest.substr(1), last, rest)) return {};
    if (!rest.empty() || last < first) return {};
    return {{entry, first, last}};
  }
  // Plain words are misspelt names rather than sets of Latin letters, which "ascii" holds anyway.
  std::vector<NamedRange> out;
  for (const char32_t c : text::to_utf32(entry)) {
    if (c < 0x80 || c == text::kReplacement) return {};
    out.push_back({entry, c, c});
  }
  return out;
}

CharacterSet::Class class_when_deleted(char32_t c) {
  if (c == '\n' || c == 0x2028 || c == 0x2029) return CharacterSet::kBreak;
  if (c == '\t' || c == '\r' || c == 0x0B || c == 0x0C || c == 0x85) return CharacterSet::kBlank;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
      return CharacterSet::kBlank;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
      return CharacterSet::kErase;
    default:
      return c == text::kReplacement ? CharacterSet::kErase : CharacterSet::kDivide;
  }
}

}  // namespace

void CleanOptions::fields(config::Fields& f) {
  f.add("nfc", nfc, "bring text to the Unicode form NFC");
  f.add(
      "characters", characters,
      "characters that stay, blanks apart: ascii, jamo, syllables, hanja, latin, punctuation, emoji, all, a range such "
      "as U+4E00-U+9FFF, or the characters themselves",
      config::required());
  f.add("collapse_blanks", collapse_blanks, "runs of blanks become one, blank lines and outer blanks none");
}

void CleanOptions::check(config::Faults& faults) const {
  std::vector<std::string> names;
  for (const NamedRange& range : kRanges) names.emplace_back(range.name);
  for (const std::string& entry : characters) {
    if (!ranges_of(entry).empty()) continue;
    const std::string near = base::nearest(entry, names);
    faults.add(str("clean.characters: got \"", entry, "\", expected ", base::join(names, ", "),
                   ", a range such as U+4E00-U+9FFF, or characters beyond ASCII",
                   near.empty() ? "" : str("; did you mean \"", near, "\"?")));
  }
}

CharacterSet::CharacterSet(std::span<const std::string> names) : classes_(kCodePoints) {
  for (char32_t c = 0; c < kCodePoints; ++c) classes_[c] = class_when_deleted(c);
  for (const std::string& name : names) {
    for (const NamedRange& range : ranges_of(name)) {
      for (char32_t c = range.first; c <= range.last; ++c) {
        const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
        const bool is_control = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CN;
        if (classes_[c] != kBlank && classes_[c] != kBreak && !is_control && c != text::kReplacement)
          classes_[c] = kKeep;
      }
    }
  }
  classes_[' '] = kKeep;
  classes_['\n'] = kKeep;
}

const Cleaner::StepRow Cleaner::kSteps[] = {
    {kUnicodeForm, &CleanOptions::nfc, &Cleaner::unicode_form},
    {kCharacters, nullptr, &Cleaner::keep_characters},
    {kBlanks, &CleanOptions::collapse_blanks, &Cleaner::collapse_blanks},
};

Cleaner::Cleaner(const CleanOptions& options, std::shared_ptr<const CharacterSet> characters)
    : options_(options), characters_(std::move(characters)) {}

Cleaner::Result Cleaner::clean(std::string_view text) {
  Result result;
  deleted_.clear();
  for (const StepRow& row : kSteps) {
    if (row.on != nullptr && !(options_.*row.on)) continue;
    std::string& out = buffers_[row.step];
    out.clear();
    if (!(this->*row.apply)(text, out)) continue;
    result.removed_bytes[row.step] = static_cast<int64_t>(text.size()) - static_cast<int64_t>(out.size());
    text = out;
  }
  result.text = text;
  result.deleted = deleted_;
  return result;
}

// Line by line: nothing composes over a line break, and most lines need only the look.
bool Cleaner::unicode_form(std::string_view text, std::string& out) {
  if (text::is_nfc_quick(text)) return false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    if (text::is_nfc_quick(line)) {
      out += line;
    } else {
      out += text::nfc(line);
    }
    begin = end;
  }
  return true;
}

// Copies runs of characters that stay; `out` is touched only once something goes.
bool Cleaner::keep_characters(std::string_view text, std::string& out) {
  size_t run = 0;
  size_t i = 0;
  while (i < text.size()) {
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
    if (what != CharacterSet::kErase) out += what == CharacterSet::kBreak ? '\n' : ' ';
    if (what == CharacterSet::kErase || what == CharacterSet::kDivide) {
      deleted_.append(at, bytes);
      ++counts_[c];
    }
  }
  if (run == 0) return false;
  out.append(text, run, text.size() - run);
  return true;
}

bool Cleaner::collapse_blanks(std::string_view text, std::string& out) {
  // The blank or line break that is due before the next character; none at the start.
  char due = '\0';
  size_t i = 0;
  while (i < text.size()) {
    const size_t begin = i;
    // A lone blank between two characters belongs to the run.
    while (i < text.size() && text[i] != '\n' &&
           (text[i] != ' ' || (i > begin && i + 1 < text.size() && text[i + 1] != ' ' && text[i + 1] != '\n'))) {
      ++i;
    }
    if (i > begin) {
      if (i - begin == text.size()) return false;
      if (due != '\0' && !out.empty()) out += due;
      out.append(text, begin, i - begin);
      due = '\0';
    }
    for (; i < text.size() && (text[i] == ' ' || text[i] == '\n'); ++i)
      due = text[i] == '\n' || due == '\n' ? '\n' : ' ';
  }
  return true;
}

void Cleaner::take_counts(CharacterCounts& counts) {
  for (const auto& [c, count] : counts_) counts[c] += count;
  counts_.clear();
}

}  // namespace lmkor::corpus
