// What is Hangul: composed syllables and the jamo that people type on their own (ㅋㅋ, ㅠㅠ).
#pragma once

namespace lmkor::text {

// A composed syllable, 가 to 힣.
constexpr bool is_syllable(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }
// A compatibility jamo, ㄱ to ㅣ: what a keyboard gives for a single letter.
constexpr bool is_jamo(char32_t c) { return c >= 0x3131 && c <= 0x3163; }
// A conjoining jamo of any of the three blocks, out of which NFD text is made.
constexpr bool is_conjoining_jamo(char32_t c) {
  return (c >= 0x1100 && c <= 0x11FF) || (c >= 0xA960 && c <= 0xA97C) || (c >= 0xD7B0 && c <= 0xD7FB);
}
constexpr bool is_hangul(char32_t c) { return is_syllable(c) || is_jamo(c) || is_conjoining_jamo(c); }

}  // namespace lmkor::text
