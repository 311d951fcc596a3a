#include "lmkor/text/bert_unicode.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>

#include "lmkor/text/hangul.h"

namespace lmkor::text {
namespace {

struct Range {
  char32_t first, last;
};
struct LowerRange {
  char32_t first, last;
  int step, difference;
};
struct ClassRange {
  char32_t first, last;
  int combining_class;
};

#include "lmkor/text/bert_tables.inc"

constexpr char32_t kCodePoints = 0x110000;

template <size_t n>
void mark(uint8_t* properties, const Range (&ranges)[n], BertProperty property) {
  for (const Range& range : ranges) {
    for (char32_t c = range.first; c <= range.last; ++c) properties[c] |= property;
  }
}

// Calls visit(code point, its parts, their number) for each record of a flat table.
template <size_t n, class Visit>
void each_record(const char32_t (&table)[n], const Visit& visit) {
  for (size_t i = 0; i < n; i += 2 + table[i + 1]) visit(table[i], table + i + 2, static_cast<size_t>(table[i + 1]));
}

const uint8_t* build_properties() {
  // calloc, so that pages of code points that no text holds are never touched; lives as long as the program.
  auto* properties = static_cast<uint8_t*>(std::calloc(kCodePoints, 1));
  if (properties == nullptr) throw std::bad_alloc();
  mark(properties, kDeleted, kBertDeleted);
  mark(properties, kBlank, kBertBlank);
  mark(properties, kSpaced, kBertSpaced);
  mark(properties, kSpace, kBertSpace);
  mark(properties, kPunctuation, kBertPunctuation);
  mark(properties, kMark, kBertMark);
  for (const LowerRange& range : kLower) {
    for (char32_t c = range.first; c <= range.last; c += static_cast<char32_t>(range.step)) properties[c] |= kBertLower;
  }
  each_record(kLowerMany, [&](char32_t c, const char32_t*, size_t) { properties[c] |= kBertLower; });
  for (const ClassRange& range : kCombining) {
    for (char32_t c = range.first; c <= range.last; ++c) properties[c] |= kBertReorders;
  }
  each_record(kDecomposed, [&](char32_t c, const char32_t*, size_t) { properties[c] |= kBertReorders; });
  for (char32_t c = 0xAC00; c <= 0xD7A3; ++c) properties[c] |= kBertReorders;
  return properties;
}

int combining_class(char32_t c) {
  const auto* found = std::upper_bound(std::begin(kCombining), std::end(kCombining), c,
                                       [](char32_t value, const ClassRange& range) { return value < range.first; });
  if (found == std::begin(kCombining) || (found - 1)->last < c) return 0;
  return (found - 1)->combining_class;
}

// Where each code point's record begins in kDecomposed, sorted by code point.
struct DecompositionIndex {
  std::vector<char32_t> code_points;
  std::vector<uint32_t> begins;
  DecompositionIndex() {
    each_record(kDecomposed, [&](char32_t c, const char32_t* parts, size_t) {
      code_points.push_back(c);
      begins.push_back(static_cast<uint32_t>(parts - kDecomposed));
    });
  }
};

}  // namespace

const uint8_t* bert_properties() {
  static const uint8_t* const properties = build_properties();
  return properties;
}

void append_bert_lower(std::u32string& out, char32_t c) {
  const auto* found = std::upper_bound(std::begin(kLower), std::end(kLower), c,
                                       [](char32_t value, const LowerRange& range) { return value < range.first; });
  if (found != std::begin(kLower)) {
    const LowerRange& range = *(found - 1);
    if (c <= range.last && (c - range.first) % static_cast<char32_t>(range.step) == 0) {
      out.push_back(static_cast<char32_t>(static_cast<int64_t>(c) + range.difference));
      return;
    }
  }
  bool many = false;
  each_record(kLowerMany, [&](char32_t from, const char32_t* parts, size_t count) {
    if (from == c) out.append(parts, count);
    many = many || from == c;
  });
  if (!many) out.push_back(c);
}

void bert_decompose(const std::u32string& text, Decomposition& out) {
  static const DecompositionIndex index;
  const uint8_t* const properties = bert_properties();
  struct Part {
    char32_t c;
    bool further;  // not the first part of what it came from
    int combining_class;
  };
  std::vector<Part> parts;
  parts.reserve(text.size() * 3);
  for (const char32_t c : text) {
    if ((properties[c] & kBertReorders) == 0) {
      parts.push_back({c, false, 0});
    } else if (is_syllable(c)) {
      const char32_t at = c - 0xAC00;
      parts.push_back({0x1100 + at / 588, false, 0});
      parts.push_back({0x1161 + at / 28 % 21, true, 0});
      if (at % 28 != 0) parts.push_back({0x11A7 + at % 28, true, 0});
    } else {
      const auto found = std::lower_bound(index.code_points.begin(), index.code_points.end(), c);
      if (found == index.code_points.end() || *found != c) {
        parts.push_back({c, false, combining_class(c)});
        continue;
      }
      const char32_t* record = kDecomposed + index.begins[static_cast<size_t>(found - index.code_points.begin())];
      for (size_t i = 0; i < record[-1]; ++i) parts.push_back({record[i], i > 0, combining_class(record[i])});
    }
  }
  for (size_t begin = 0; begin < parts.size();) {
    size_t end = begin + 1;
    if (parts[begin].combining_class != 0) {
      while (end < parts.size() && parts[end].combining_class != 0) ++end;
      std::stable_sort(parts.begin() + static_cast<ptrdiff_t>(begin), parts.begin() + static_cast<ptrdiff_t>(end),
                       [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    }
    begin = end;
  }
  out.text.clear();
  out.sources.clear();
  uint32_t next = 0;
  for (const Part& part : parts) {
    // A further part that sorting brought to the very front has none before it; it shares the first input's place.
    if (!part.further) ++next;
    out.text.push_back(part.c);
    out.sources.push_back(next == 0 ? 0 : next - 1);
  }
}

}  // namespace lmkor::text
