#include "lmkor/corpus/characters.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <utf8proc.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/hangul.h"
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

// What becomes of `c` where it does not stay.
CharacterSet::Class class_when_deleted(char32_t c, utf8proc_category_t category) {
  if (c == '\n' || c == 0x2028 || c == 0x2029) return CharacterSet::kBreak;
  if (c == '\t' || c == '\r' || c == 0x0B || c == 0x0C || c == 0x85) return CharacterSet::kBlank;
  switch (category) {
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

// Characters that nobody sees and that only hinder: the zero-width joiner is not among them, emoji are made with it.
bool is_control(char32_t c, utf8proc_category_t category) {
  return (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF) && c != 0x200D;
}

bool is_filler(char32_t c) {
  constexpr char32_t kFillers[] = {0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0};
  return std::find(std::begin(kFillers), std::end(kFillers), c) != std::end(kFillers);
}

bool may_repeat(char32_t c, utf8proc_category_t category) {
  if (text::is_jamo(c) || c == 0xFE0F || c == 0x200D) return true;
  switch (category) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
      return true;
    default:
      return false;
  }
}

}  // namespace

void check_character_names(std::span<const std::string> entries, std::string_view setting, config::Faults& faults) {
  std::vector<std::string> names;
  for (const NamedRange& range : kRanges) names.emplace_back(range.name);
  for (const std::string& entry : entries) {
    if (!ranges_of(entry).empty()) continue;
    const std::string near = base::nearest(entry, names);
    faults.add(str(setting, ": got \"", entry, "\", expected ", base::join(names, ", "),
                   ", a range such as U+4E00-U+9FFF, or characters beyond ASCII",
                   near.empty() ? "" : str("; did you mean \"", near, "\"?")));
  }
}

CharacterSet::CharacterSet(const Options& options) : classes_(kCodePoints) {
  config::Faults faults;
  check_character_names(options.names, "clean.characters", faults);
  faults.raise("settings");
  std::vector<bool> wanted(kCodePoints);
  for (const std::string& name : options.names) {
    for (const NamedRange& range : ranges_of(name)) {
      for (char32_t c = range.first; c <= range.last; ++c) wanted[c] = true;
    }
  }
  for (char32_t c = 0; c < kCodePoints; ++c) {
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    uint8_t what = class_when_deleted(c, category);
    if (what != kBlank && what != kBreak) {
      const bool is_none = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CN;
      if (wanted[c] && !is_none && c != text::kReplacement) what = kKeep;
      if (options.controls && is_control(c, category)) what = kControl;
      if (options.controls && is_filler(c)) what = kFiller;
      if (options.jamo && text::compatibility_jamo(c) != 0) what = kJamo;
    }
    if (c == ' ' || c == '\n') what = kKeep;
    if (may_repeat(c, category)) what |= kRepeatsBit;
    classes_[c] = what;
  }
}

}  // namespace lmkor::corpus
