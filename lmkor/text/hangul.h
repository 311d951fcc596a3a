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
// The compatibility jamo that looks like `c`, a half-width or conjoining jamo of modern Hangul (what NFKC takes for
// equal); 0 for all others. Old keyboards and macOS give such letters where people type ㅋㅋ.
constexpr char32_t compatibility_jamo(char32_t c) {
  constexpr char32_t kLeading[] = U"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
  constexpr char32_t kTrailing[] = U"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
  if (c >= 0x1100 && c <= 0x1112) return kLeading[c - 0x1100];
  if (c >= 0x1161 && c <= 0x1175) return 0x314F + (c - 0x1161);
  if (c >= 0x11A8 && c <= 0x11C2) return kTrailing[c - 0x11A8];
  if (c >= 0xFFA1 && c <= 0xFFBE) return 0x3131 + (c - 0xFFA1);
  // Half-width vowels stand in groups of six with holes between them.
  if (c >= 0xFFC2 && c <= 0xFFDC && (c - 0xFFC2) % 8 < 6) return 0x314F + (c - 0xFFC2) / 8 * 6 + (c - 0xFFC2) % 8;
  return 0;
}
constexpr bool is_hangul(char32_t c) { return is_syllable(c) || is_jamo(c) || is_conjoining_jamo(c); }

// A quick look at what else is a letter, ASCII apart: by ranges of scripts, where a few marks pass for letters.
constexpr bool is_other_letter(char32_t c) {
  return (c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7) || (c >= 0x3040 && c < 0x3100) ||
         (c >= 0x3400 && c < 0xA960) || (c >= 0xF900 && c < 0xFB00) || c >= 0x20000;
}

}  // namespace lmkor::text
