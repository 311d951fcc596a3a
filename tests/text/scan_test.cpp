#include "lmkor/text/scan.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

bool is_plain(char32_t c) { return (c >= 0x20 && c <= 0x7E) || c == '\n' || is_syllable(c) || is_jamo(c); }
bool is_sign(char32_t c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return c > 0x20 && !letter && c != 0x7F && !is_syllable(c) && c != 0xD7A4;
}

// Long plain stretches with a few other characters, among them the neighbours of every bound.
std::u32string draw_text(const base::Random& random, uint64_t& at) {
  constexpr std::u32string_view kUsual = U"가나다라마힣각 ab1 \n";
  constexpr std::u32string_view kOthers = U"ㄱㅣㅋ!?.…“é國あ\u001F\u007F\u00A0\u3130\u3164\uABFF\uD7A4\uE000\uFFFD😀·";
  std::u32string text;
  for (uint64_t i = random.below(at++, 400); i > 0; --i) {
    const bool usual = random.below(at++, 60) != 0;
    const auto from = usual ? kUsual : kOthers;
    text += from[random.below(at++, from.size())];
  }
  return text;
}

TEST(Scan, SkipsOnlyWhatItPromises) {
  const base::Random random(17, base::RandomUse::kGenerate);
  uint64_t at = 0;
  size_t skipped = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = to_utf8(draw_text(random, at));
    const size_t plain = skip_plain(text, 0);
    for (const char32_t c : to_utf32(text.substr(0, plain))) ASSERT_TRUE(is_plain(c)) << static_cast<uint32_t>(c);
    ASSERT_EQ(find_invalid(text.substr(0, plain)), std::string::npos);
    const size_t lone = skip_lone_signs(text, 0);
    const std::u32string wide = to_utf32(text.substr(0, lone));
    for (size_t i = 1; i < wide.size(); ++i) ASSERT_FALSE(is_sign(wide[i - 1]) && is_sign(wide[i]));
    const std::string_view tight = std::string_view(text).substr(0, skip_lone_blanks(text, 0));
    for (const char* pair : {"  ", " \n", "\n ", "\n\n"}) ASSERT_EQ(tight.find(pair), std::string::npos);
    skipped += plain + lone + tight.size();
  }
  EXPECT_GT(skipped, 100000u);
}

TEST(Scan, LooseBlanks) {
  for (const char* text : {" 가", "가 ", "가  나", "가 \n나", "가\n\n나", "\n"})
    EXPECT_TRUE(has_loose_blanks(text)) << text;
  for (const char* text : {"", "가", "가 나\n다", "a b c"}) EXPECT_FALSE(has_loose_blanks(text)) << text;
}

TEST(Scan, CountsDigitsAndLetters) {
  std::string text(100, 'x');
  text[3] = '1';
  text[63] = '2';
  text[64] = '3';
  text[99] = '@';
  EXPECT_EQ(scan_digits(text, 0).digits, 2u);
  EXPECT_FALSE(scan_digits(text, 0).at_sign);
  EXPECT_EQ(scan_digits(text, 64).digits, 1u);
  EXPECT_TRUE(scan_digits(text, 64).at_sign);
  EXPECT_EQ(scan_digits(text, 100).digits, 0u);

  const base::Random random(19, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 200; ++round) {
    const std::u32string wide = draw_text(random, at);
    LetterScan expected{0, 0, 0};
    for (const char32_t c : wide) {
      if (c == 0xABFF || c == 0xD7A4) {
        ++expected.syllables;  // their lead bytes are those of syllables
      } else if (c < 0x80) {
        expected.latin += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      } else {
        ++(is_syllable(c) ? expected.syllables : expected.others);
      }
    }
    const LetterScan got = scan_letters(to_utf8(wide));
    ASSERT_EQ(got.syllables, expected.syllables);
    ASSERT_EQ(got.latin, expected.latin);
    ASSERT_EQ(got.others, expected.others);
  }
}

}  // namespace
}  // namespace lmkor::text
