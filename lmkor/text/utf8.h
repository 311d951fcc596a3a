// UTF-8 to code points and back. Broken input is never an error here: it becomes U+FFFD, one for each maximal broken
// part (the Unicode standard's recommended practice, and what Python's errors="replace" does); callers count it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lmkor::text {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t code_point;
  uint32_t bytes;  // at least 1
  bool valid;      // false: the bytes are a broken part and code_point is U+FFFD
};

// The first code point of `utf8`, which must not be empty.
Decoded decode_one(std::string_view utf8);

// The first code point of `utf8`, which is known to be valid and not empty; `bytes` receives its length.
inline char32_t decode_valid(const char* utf8, uint32_t& bytes) {
  const auto byte = [utf8](int i) { return static_cast<char32_t>(static_cast<unsigned char>(utf8[i])); };
  const char32_t lead = byte(0);
  if (lead < 0x80) {
    bytes = 1;
    return lead;
  }
  if (lead < 0xE0) {
    bytes = 2;
    return (lead & 0x1F) << 6 | (byte(1) & 0x3F);
  }
  if (lead < 0xF0) {
    bytes = 3;
    return (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  }
  bytes = 4;
  return (lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

// `code_point` must be a Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

// Where the first broken part begins; npos if `utf8` is valid.
size_t find_invalid(std::string_view utf8);

struct Repaired {
  std::string text;
  size_t replaced = 0;  // broken parts that became U+FFFD
};
Repaired repair(std::string_view utf8);

// Broken parts count as one code point each.
size_t count_code_points(std::string_view utf8);
std::u32string to_utf32(std::string_view utf8);
std::string to_utf8(std::u32string_view code_points);

}  // namespace lmkor::text
