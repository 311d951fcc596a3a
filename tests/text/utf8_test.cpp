#include "lmkor/text/utf8.h"

#include <gtest/gtest.h>

#include "lmkor/text/hangul.h"

namespace lmkor::text {
namespace {

TEST(Utf8, EveryScalarValueGoesThereAndBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string utf8;
    append_utf8(utf8, c);
    const Decoded decoded = decode_one(utf8);
    uint32_t bytes = 0;
    ASSERT_TRUE(decoded.valid);
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.bytes, utf8.size());
    ASSERT_EQ(decode_valid(utf8.data(), bytes), c);
    ASSERT_EQ(bytes, utf8.size());
  }
}

TEST(Utf8, BrokenPartsAreMaximal) {
  // The table of the Unicode standard, section 3.9, "U+FFFD substitution of maximal subparts".
  EXPECT_EQ(repair("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41").replaced, 8u);
  EXPECT_EQ(repair("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41").replaced, 8u);
  EXPECT_EQ(repair("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42").replaced, 7u);
  EXPECT_EQ(repair("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41").text, "\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(repair("가\xEA\xB0").text, "가\uFFFD");
  EXPECT_EQ(repair("가\xEA\xB0").replaced, 1u);
}

TEST(Utf8, RepairGoesOnAfterLongSoundParts) {
  const std::string sound(1000, 'a');
  const Repaired repaired = repair(sound + "\xFF" + sound + "\xFF\xFF");
  EXPECT_EQ(repaired.text, sound + "\uFFFD" + sound + "\uFFFD\uFFFD");
  EXPECT_EQ(repaired.replaced, 3u);
}

TEST(Utf8, FindsTheFirstBrokenByte) {
  EXPECT_EQ(find_invalid("가나다"), std::string_view::npos);
  EXPECT_EQ(find_invalid(""), std::string_view::npos);
  EXPECT_EQ(find_invalid("가\xFF나\xFF"), 3u);
  EXPECT_EQ(find_invalid("가\xEB"), 3u);
}

TEST(Utf8, Counts) {
  EXPECT_EQ(count_code_points("가a\U0001F600"), 3u);
  EXPECT_EQ(count_code_points("가\xFF\xFF"), 3u);
  EXPECT_EQ(to_utf32("가\xFF"), std::u32string(U"가\uFFFD"));
  EXPECT_EQ(to_utf8(U"가a\U0001F600"), "가a\U0001F600");
}

TEST(Hangul, Kinds) {
  EXPECT_TRUE(is_syllable(U'가') && is_syllable(U'힣') && !is_syllable(U'ㅋ'));
  EXPECT_TRUE(is_jamo(U'ㄱ') && is_jamo(U'ㅣ') && !is_jamo(U'ㆍ'));
  EXPECT_TRUE(is_conjoining_jamo(0x1100) && is_hangul(0x11A8) && !is_hangul(U'漢'));
}

}  // namespace
}  // namespace lmkor::text
