#include "lmkor/text/scan.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "lmkor/text/cpu/masks.h"

namespace lmkor::text {
namespace {

using cpu::ByteMasks;
using cpu::kMaskBytes;

// A decision about a byte looks at so many bytes behind it: a character of four bytes and the next.
constexpr size_t kAhead = 4;

const cpu::MaskKernel& kernel() {
  static const cpu::MaskKernel& fastest = *cpu::mask_kernels().front();
  return fastest;
}

// Calls visit(bytes, size, decided, at) for blocks of the text from `at` on, of which the first bytes are decided in
// this block; ends where it returns false.
template <class Visit>
void for_blocks(std::string_view utf8, size_t at, Visit&& visit) {
  while (at < utf8.size()) {
    const size_t size = std::min(kMaskBytes, utf8.size() - at);
    const size_t decided = at + size == utf8.size() ? size : size - kAhead;
    if (!visit(reinterpret_cast<const uint8_t*>(utf8.data()) + at, size, decided, at)) return;
    at += decided;
  }
}

// The first byte from `from` on that `hits` tells of, given masks.
template <class Hits>
size_t find_first(std::string_view utf8, size_t from, Hits&& hits) {
  size_t found = utf8.size();
  for_blocks(utf8, from, [&](const uint8_t* bytes, size_t size, size_t decided, size_t at) {
    ByteMasks masks;
    kernel().classify(bytes, size, masks);
    const uint64_t hit = hits(masks) & ~uint64_t{0} >> (kMaskBytes - decided);
    if (hit != 0) found = at + static_cast<size_t>(std::countr_zero(hit));
    return hit == 0;
  });
  return found;
}

}  // namespace

size_t find_unplain(std::string_view utf8, size_t from) {
  return find_first(utf8, from,
                    [](const ByteMasks& m) { return ~(m.visible | m.blank | m.trail | m.syllable | m.jamo); });
}

size_t find_sign_pair(std::string_view utf8, size_t from) {
  return find_first(utf8, from, [](const ByteMasks& m) {
    const uint64_t wide = ~(m.ascii | m.trail | m.syllable);
    const uint64_t sign = (m.visible & ~(m.latin | m.digit)) | wide;
    // After a character of two bytes the fourth byte may be that of the next but one: a hit too many does no harm.
    return sign & (sign >> 1 | (wide & (sign >> 2 | sign >> 3 | sign >> 4)));
  });
}

size_t find_blank_pair(std::string_view utf8, size_t from) {
  return find_first(utf8, from, [](const ByteMasks& m) { return m.blank & m.blank >> 1; });
}

bool has_loose_blanks(std::string_view utf8) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n'; };
  return !utf8.empty() && (is_blank(utf8.front()) || is_blank(utf8.back()) || find_blank_pair(utf8, 0) < utf8.size());
}

CharacterScan scan_characters(std::string_view utf8) {
  cpu::ByteCounts counts{};
  for_blocks(utf8, 0, [&](const uint8_t* bytes, size_t size, size_t decided, size_t) {
    kernel().count(bytes, size, decided, counts);
    return true;
  });
  CharacterScan sums;
  sums.characters = utf8.size() - counts.trail;
  sums.blanks = counts.blank + counts.tab;
  sums.latin = counts.latin;
  sums.digits = counts.digit;
  sums.at_signs = counts.at_sign;
  sums.syllables = counts.syllable;
  sums.jamo = counts.jamo;
  sums.others = sums.characters - counts.ascii - counts.syllable - counts.jamo;
  return sums;
}

}  // namespace lmkor::text
