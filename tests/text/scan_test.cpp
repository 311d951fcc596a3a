#include "lmkor/text/scan.h"

#include <cstring>

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/cpu/masks.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

bool is_plain(char32_t c) { return (c >= 0x20 && c <= 0x7E) || c == '\n' || is_syllable(c) || is_jamo(c); }
bool is_sign(char32_t c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return c > 0x20 && !letter && c != 0x7F && !is_syllable(c);
}

// Long plain stretches with a few other characters, among them the neighbours of every bound.
std::u32string draw_text(const base::Random& random, uint64_t& at) {
  constexpr std::u32string_view kUsual = U"가나다라마힣각 ab1 \n";
  constexpr std::u32string_view kOthers =
      U"ㄱㅣㅋ!?.@\t…“é國あ\u001F\u007F\u00A0\u3130\u3164\uABFF\uD7A4\uE000\uFFFD😀·";
  std::u32string text;
  for (uint64_t i = random.below(at++, 400); i > 0; --i) {
    const bool usual = random.below(at++, 60) != 0;
    const auto from = usual ? kUsual : kOthers;
    text += from[random.below(at++, from.size())];
  }
  return text;
}

TEST(Scan, FindsWhatNeedsALook) {
  const base::Random random(17, base::RandomUse::kGenerate);
  uint64_t at = 0;
  size_t passed = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::u32string wide = draw_text(random, at);
    const std::string text = to_utf8(wide);
    size_t unplain = text.size(), sign_pair = text.size(), blank_pair = text.size();
    size_t begin = 0;
    for (size_t i = 0; i < wide.size(); ++i) {
      const auto first = [&](bool hit, size_t& where) {
        if (hit && where == text.size()) where = begin;
      };
      first(!is_plain(wide[i]), unplain);
      const char32_t next = i + 1 < wide.size() ? wide[i + 1] : U'a';
      first(is_sign(wide[i]) && is_sign(next), sign_pair);
      first((wide[i] == ' ' || wide[i] == '\n') && (next == ' ' || next == '\n'), blank_pair);
      std::string character;
      append_utf8(character, wide[i]);
      begin += character.size();
    }
    ASSERT_EQ(find_unplain(text, 0), unplain);
    ASSERT_LE(find_sign_pair(text, 0), sign_pair);
    ASSERT_EQ(find_blank_pair(text, 0), blank_pair);
    passed += find_sign_pair(text, 0);
  }
  EXPECT_GT(passed, 100000u);
}

// Byte by byte, as the masks are described.
TEST(Scan, AllKernelsGiveTheSameMasks) {
  const base::Random random(18, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string text = to_utf8(draw_text(random, at));
    for (size_t from = 0; from < text.size(); from += 1 + random.below(at++, 64)) {
      const size_t size = std::min(cpu::kMaskBytes, text.size() - from);
      cpu::ByteMasks expected{};
      for (size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[from + i]);
        const auto set = [&](uint64_t& mask, bool on) { mask |= uint64_t{on} << i; };
        set(expected.ascii, byte < 0x80);
        set(expected.visible, byte > 0x20 && byte < 0x7F);
        set(expected.blank, byte == ' ' || byte == '\n');
        set(expected.tab, byte == '\t');
        set(expected.latin, (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
        set(expected.digit, byte >= '0' && byte <= '9');
        set(expected.at_sign, byte == '@');
        set(expected.trail, byte >= 0x80 && byte < 0xC0);
        if ((byte & 0xF0) == 0xE0 && i + 2 < size) {
          const char32_t c = decode_one(std::string_view(text).substr(from + i)).code_point;
          set(expected.syllable, is_syllable(c));
          set(expected.jamo, is_jamo(c));
        }
      }
      for (const cpu::MaskKernel* kernel : cpu::mask_kernels()) {
        cpu::ByteMasks got;
        kernel->classify(reinterpret_cast<const uint8_t*>(text.data()) + from, size, got);
        ASSERT_EQ(std::memcmp(&got, &expected, sizeof got), 0) << kernel->name;
      }
    }
  }
}

TEST(Scan, LooseBlanks) {
  for (const char* text : {" 가", "가 ", "가  나", "가 \n나", "가\n\n나", "\n"})
    EXPECT_TRUE(has_loose_blanks(text)) << text;
  for (const char* text : {"", "가", "가 나\n다", "a b c"}) EXPECT_FALSE(has_loose_blanks(text)) << text;
}

TEST(Scan, CountsDigitsAndCharacters) {
  EXPECT_EQ(scan_characters("").characters, 0u);
  const base::Random random(19, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 200; ++round) {
    const std::u32string wide = draw_text(random, at);
    CharacterScan expected;
    for (const char32_t c : wide) {
      ++expected.characters;
      expected.blanks += c == ' ' || c == '\n' || c == '\t';
      expected.latin += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      expected.digits += c >= '0' && c <= '9';
      expected.at_signs += c == '@';
      expected.syllables += is_syllable(c);
      expected.jamo += is_jamo(c);
      expected.others += c >= 0x80 && !is_syllable(c) && !is_jamo(c);
    }
    const CharacterScan got = scan_characters(to_utf8(wide));
    ASSERT_EQ(got.characters, expected.characters);
    ASSERT_EQ(got.blanks, expected.blanks);
    ASSERT_EQ(got.latin, expected.latin);
    ASSERT_EQ(got.digits, expected.digits);
    ASSERT_EQ(got.at_signs, expected.at_signs);
    ASSERT_EQ(got.syllables, expected.syllables);
    ASSERT_EQ(got.jamo, expected.jamo);
    ASSERT_EQ(got.others, expected.others);
  }
}

}  // namespace
}  // namespace lmkor::text
