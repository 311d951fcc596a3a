#include "lmkor/text/scan.h"

#include <algorithm>

namespace lmkor::text {
namespace {

const uint8_t* bytes_at(std::string_view utf8, size_t at) { return reinterpret_cast<const uint8_t*>(utf8.data()) + at; }

// 1 or 0, as a byte: so that a loop over bytes stays one over bytes.
constexpr uint8_t in(uint8_t byte, uint8_t first, uint8_t last) {
  return static_cast<uint8_t>(byte - first) <= static_cast<uint8_t>(last - first);
}

constexpr uint8_t is_plain(uint8_t byte, uint8_t second, uint8_t third) {
  const uint8_t single = in(byte, 0x20, 0x7E) | (byte == '\n') | in(byte, 0x80, 0xBF);
  // EA B0 80 to ED 9E A3; E3 84 B1 to E3 85 A3
  const uint8_t syllable = in(byte, 0xEB, 0xEC) | ((byte == 0xEA) & (second >= 0xB0)) |
                           ((byte == 0xED) & ((second < 0x9E) | ((second == 0x9E) & (third <= 0xA3))));
  const uint8_t jamo = (byte == 0xE3) & (((second == 0x84) & (third >= 0xB1)) | ((second == 0x85) & (third <= 0xA3)));
  return single | syllable | jamo;
}

constexpr uint8_t is_sign(uint8_t byte, uint8_t second) {
  const uint8_t letter = in(byte | 0x20, 'a', 'z') | in(byte, '0', '9');
  const uint8_t syllable = in(byte, 0xEB, 0xED) | ((byte == 0xEA) & (second >= 0xB0));
  return (in(byte, 0x21, 0x7E) & (letter ^ 1)) | (in(byte, 0xC0, 0xFF) & (syllable ^ 1));
}

bool block_is_plain(const uint8_t* bytes) {
  uint8_t all = 1;
  for (size_t i = 0; i < kScanBytes; ++i) all &= is_plain(bytes[i], bytes[i + 1], bytes[i + 2]);
  return all != 0;
}

bool block_has_pair(const uint8_t* bytes) {
  uint8_t any = 0;
  for (size_t i = 0; i < kScanBytes; ++i) {
    const auto sign = [&](size_t k) { return is_sign(bytes[i + k], bytes[i + k + 1]); };
    any |= sign(0) & (sign(1) | (in(bytes[i], 0xC0, 0xFF) & (sign(2) | sign(3) | sign(4))));
  }
  return any != 0;
}

constexpr uint8_t is_blank(uint8_t byte) { return (byte == ' ') | (byte == '\n'); }

bool block_has_loose_blanks(const uint8_t* bytes) {
  uint8_t any = 0;
  for (size_t i = 0; i < kScanBytes; ++i) any |= is_blank(bytes[i]) & is_blank(bytes[i + 1]);
  return any != 0;
}

// Goes on by blocks while `passes`, which looks `ahead` bytes beyond a block.
template <class Passes>
size_t skip_blocks(std::string_view utf8, size_t from, size_t ahead, Passes&& passes) {
  while (from + kScanBytes + ahead <= utf8.size() && passes(bytes_at(utf8, from))) {
    from += kScanBytes;
    while ((static_cast<uint8_t>(utf8[from]) & 0xC0) == 0x80) --from;
  }
  return from;
}

}  // namespace

size_t skip_plain(std::string_view utf8, size_t from) { return skip_blocks(utf8, from, 2, block_is_plain); }

size_t skip_lone_signs(std::string_view utf8, size_t from) {
  return skip_blocks(utf8, from, 5, [](const uint8_t* bytes) { return !block_has_pair(bytes); });
}

size_t skip_lone_blanks(std::string_view utf8, size_t from) {
  return skip_blocks(utf8, from, 1, [](const uint8_t* bytes) { return !block_has_loose_blanks(bytes); });
}

bool has_loose_blanks(std::string_view utf8) {
  if (utf8.empty()) return false;
  const uint8_t* bytes = bytes_at(utf8, 0);
  const size_t last = utf8.size() - 1;
  uint8_t any = is_blank(bytes[0]) | is_blank(bytes[last]);
  for (size_t i = 0; i < last; ++i) any |= is_blank(bytes[i]) & is_blank(bytes[i + 1]);
  return any != 0;
}

DigitScan scan_digits(std::string_view utf8, size_t from) {
  const uint8_t* bytes = bytes_at(utf8, from);
  uint8_t digits = 0, at_sign = 0;
  if (from + kScanBytes <= utf8.size()) {
    for (size_t i = 0; i < kScanBytes; ++i) {
      digits += in(bytes[i], '0', '9');
      at_sign |= bytes[i] == '@';
    }
  } else {
    for (size_t i = 0; i < utf8.size() - std::min(from, utf8.size()); ++i) {
      digits += in(bytes[i], '0', '9');
      at_sign |= bytes[i] == '@';
    }
  }
  return {digits, at_sign != 0};
}

LetterScan scan_letters(std::string_view utf8) {
  LetterScan sums{0, 0, 0};
  for (size_t from = 0; from < utf8.size(); from += kScanBytes) {
    const uint8_t* bytes = bytes_at(utf8, from);
    const size_t size = std::min(kScanBytes, utf8.size() - from);
    uint8_t syllables = 0, latin = 0, others = 0;
    const auto add = [&](size_t i) {
      // The leads of syllables are also those of a few rare scripts (EA 80 to EA AF, ED 9F): good enough for a share.
      const uint8_t syllable = in(bytes[i], 0xEA, 0xED);
      syllables += syllable;
      latin += in(bytes[i] | 0x20, 'a', 'z') & in(bytes[i], 'A', 'z');
      others += in(bytes[i], 0xC0, 0xFF) & (syllable ^ 1);
    };
    if (size == kScanBytes) {
      for (size_t i = 0; i < kScanBytes; ++i) add(i);
    } else {
      for (size_t i = 0; i < size; ++i) add(i);
    }
    sums.syllables += syllables;
    sums.latin += latin;
    sums.others += others;
  }
  return sums;
}

}  // namespace lmkor::text
