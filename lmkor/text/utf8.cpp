#include "lmkor/text/utf8.h"

#include <simdjson.h>

namespace lmkor::text {

Decoded decode_one(std::string_view utf8) {
  const auto byte = [utf8](size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  uint32_t length = 0;
  unsigned char low = 0x80, high = 0xBF;  // legal range of the second byte: no overlong forms, surrogates, > 10FFFF
  char32_t code_point = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    code_point = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    code_point = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    code_point = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {kReplacement, 1, false};
  }
  for (uint32_t i = 1; i < length; ++i) {
    if (i >= utf8.size() || byte(i) < low || byte(i) > high) return {kReplacement, i, false};
    code_point = code_point << 6 | (byte(i) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, length, true};
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | code_point >> 6);
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | code_point >> 12);
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | code_point >> 18);
    push(0x80 | (code_point >> 12 & 0x3F));
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

size_t find_invalid(std::string_view utf8) {
  if (simdjson::validate_utf8(utf8.data(), utf8.size())) return std::string_view::npos;
  size_t at = 0;
  while (at < utf8.size()) {
    const Decoded decoded = decode_one(utf8.substr(at));
    if (!decoded.valid) return at;
    at += decoded.bytes;
  }
  return std::string_view::npos;
}

Repaired repair(std::string_view utf8) {
  Repaired out;
  out.text.reserve(utf8.size());
  while (!utf8.empty()) {
    const size_t broken = find_invalid(utf8);
    if (broken == std::string_view::npos) {
      out.text.append(utf8);
      break;
    }
    out.text.append(utf8.substr(0, broken));
    utf8.remove_prefix(broken);
    // Broken parts come in runs: walk by hand until the text is sound again for a while, then let the fast path go on.
    for (int sound = 0; sound < 64 && !utf8.empty();) {
      const Decoded decoded = decode_one(utf8);
      append_utf8(out.text, decoded.code_point);
      if (!decoded.valid) ++out.replaced;
      sound = decoded.valid ? sound + 1 : 0;
      utf8.remove_prefix(decoded.bytes);
    }
  }
  return out;
}

size_t count_code_points(std::string_view utf8) {
  if (simdjson::validate_utf8(utf8.data(), utf8.size())) {
    size_t count = 0;
    for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
  }
  size_t count = 0;
  for (; !utf8.empty(); ++count) utf8.remove_prefix(decode_one(utf8).bytes);
  return count;
}

std::u32string to_utf32(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const Decoded decoded = decode_one(utf8);
    out.push_back(decoded.code_point);
    utf8.remove_prefix(decoded.bytes);
  }
  return out;
}

std::string to_utf8(std::u32string_view code_points) {
  std::string out;
  out.reserve(code_points.size() * 3);
  for (const char32_t code_point : code_points) append_utf8(out, code_point);
  return out;
}

}  // namespace lmkor::text
