#include "lmkor/text/normalize.h"

#include <cstdlib>
#include <new>

#include <utf8proc.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

constexpr std::string_view kBeforeTrailing = "\xE1\x86\xA7";

// Code points that are NFC wherever they stand: starters without a decomposition, which compose with nothing before
// them. Ranges that matter for Korean text; the test holds each member against utf8proc's own data.
constexpr bool never_changes(char32_t c) {
  return c < 0x300 || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x3131 && c <= 0x318E) || (c >= 0x4E00 && c <= 0x9FFF) ||
         (c >= 0x200B && c <= 0x2027) || (c >= 0x2030 && c <= 0x205E) || (c >= 0x20A0 && c <= 0x20BF) ||
         (c >= 0x2190 && c <= 0x2199) || (c >= 0x2460 && c <= 0x24FF) || (c >= 0x3200 && c <= 0x33FF) ||
         (c >= 0x2500 && c <= 0x27BF) || (c >= 0x3000 && c <= 0x3029) || (c >= 0x3041 && c <= 0x3096) ||
         (c >= 0x30A1 && c <= 0x30FA) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || (c >= 0xFF01 && c <= 0xFFEE) ||
         (c >= 0x1F300 && c <= 0x1FAFF);
}

}  // namespace

bool is_nfc_quick(std::string_view utf8) {
  const char* at = utf8.data();
  const char* const end = at + utf8.size();
  while (at < end) {
    const unsigned char lead = static_cast<unsigned char>(*at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    // Three bytes, as Hangul has: E1 and above begin no overlong form, and surrogates never pass.
    const auto is_trail = [at](int i) { return (static_cast<unsigned char>(at[i]) & 0xC0) == 0x80; };
    if (lead > 0xE0 && lead < 0xF0 && end - at >= 3 && is_trail(1) && is_trail(2)) {
      uint32_t bytes = 0;
      if (!never_changes(decode_valid(at, bytes))) return false;
      at += bytes;
      continue;
    }
    const Decoded decoded = decode_one({at, static_cast<size_t>(end - at)});
    if (!decoded.valid || !never_changes(decoded.code_point)) return false;
    at += decoded.bytes;
  }
  return true;
}

std::string nfc(std::string_view utf8) {
  if (is_nfc_quick(utf8)) return std::string(utf8);
  if (find_invalid(utf8) != std::string_view::npos) return nfc(repair(utf8).text);
  // utf8proc takes U+11A7, the place before the first trailing consonant, for one and swallows it after a syllable. It
  // is a starter that composes with nothing, so what stands on its two sides can be composed apart.
  if (const size_t at = utf8.find(kBeforeTrailing); at != std::string_view::npos) {
    return base::str(nfc(utf8.substr(0, at)), kBeforeTrailing, nfc(utf8.substr(at + kBeforeTrailing.size())));
  }
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                               static_cast<utf8proc_ssize_t>(utf8.size()), &composed, options);
  if (length < 0) {
    std::free(composed);
    if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    throw base::Error(base::ErrorKind::kInternal, base::str("utf8proc: ", utf8proc_errmsg(length)));
  }
  std::string out(reinterpret_cast<const char*>(composed), static_cast<size_t>(length));
  std::free(composed);
  return out;
}

}  // namespace lmkor::text
