#include "lmkor/corpus/repeats.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

const CharacterSet& all_characters() {
  static const CharacterSet set({{"all"}, true, true});
  return set;
}

std::string shorten(std::string_view text, int64_t max_repeats = 3) {
  RepeatShortener shortener(&all_characters(), max_repeats);
  std::string out;
  Cuts cuts;
  return shortener.shorten(text, out, cuts) ? out : std::string(text);
}

TEST(Repeats, ShortensJamoSignsAndEmoticons) {
  EXPECT_EQ(shorten("ㅋㅋㅋㅋㅋㅋ 재밌다!!!!!! ㅠㅠㅠㅠ"), "ㅋㅋㅋ 재밌다!!! ㅠㅠㅠ");
  EXPECT_EQ(shorten("그게......... ~~~~~ ;;;;;"), "그게... ~~~ ;;;");
  EXPECT_EQ(shorten("ㅋㅎㅋㅎㅋㅎㅋㅎㅋㅎ"), "ㅋㅎㅋㅎㅋㅎ");
  EXPECT_EQ(shorten("^_^^_^^_^^_^^_^"), "^_^^_^^_^");
  EXPECT_EQ(shorten("ㅇㅅㅇㅇㅅㅇㅇㅅㅇㅇㅅㅇ"), "ㅇㅅㅇㅇㅅㅇㅇㅅㅇ");
  EXPECT_EQ(shorten("?!?!?!?!?!"), "?!?!?!");
  EXPECT_EQ(shorten("😀😀😀😀😀 ♥♥♥♥"), "😀😀😀 ♥♥♥");
  EXPECT_EQ(shorten("ㅋㅋㅋㅋ!!!!ㅋㅋㅋㅋ"), "ㅋㅋㅋ!!!ㅋㅋㅋ");
  EXPECT_EQ(shorten("ㅋㅋㅋㅋ", 1), "ㅋ");
}

TEST(Repeats, NeverTouchesALetterOfAWord) {
  for (const char* text : {"스토리ㅋㅋ", "스토리ㅋㅋㅋ 좋다", "하하하하하하", "아아아아아아", "10000000원",
                           "www.aaaaaa.kr", "가가가가가가", "네네네네네", "はははははは", "1111-2222-3333",
                           "ㅋㅋ ㅋㅋ ㅋㅋ ㅋㅋ ㅋㅋ", "!?", "...", "좋아ㅏㅏ"}) {
    EXPECT_EQ(shorten(text), text);
  }
  EXPECT_EQ(shorten("스토리ㅋㅋㅋㅋㅋㅋ최고예요ㅠㅠㅠㅠㅠ"), "스토리ㅋㅋㅋ최고예요ㅠㅠㅠ");
  EXPECT_EQ(shorten("좋아ㅏㅏㅏㅏㅏ"), "좋아ㅏㅏㅏ");
}

TEST(Repeats, KeepsTheRunsThatItShortened) {
  RepeatShortener shortener(&all_characters(), 2);
  std::string out;
  Cuts cuts;
  ASSERT_TRUE(shortener.shorten("아ㅋㅋㅋㅋ 정말!!! 네..", out, cuts));
  EXPECT_EQ(out, "아ㅋㅋ 정말!! 네..");
  EXPECT_EQ(cuts.text, "ㅋㅋㅋㅋ\n!!!");
  EXPECT_EQ(cuts.places, 2u);
}

TEST(Repeats, LettersStayAndASecondCallChangesNothing) {
  constexpr std::u32string_view kSigns = U"ㅋㅋㅎㅠ!?.^_가나b1 \n";
  const base::Random random(9, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 20000; ++round) {
    std::u32string text;
    for (uint64_t i = random.below(at++, 24); i > 0; --i) {
      const uint64_t kinds = 2 + random.below(at++, 12);
      text += kSigns[random.below(at++, kinds)];
    }
    const int64_t most = 1 + static_cast<int64_t>(random.below(at++, 3));
    const std::string once = shorten(text::to_utf8(text), most);
    ASSERT_EQ(shorten(once, most), once);
    const auto letters = [](std::u32string_view from) {
      std::u32string out;
      for (const char32_t c : from) {
        if (std::u32string_view(U"가나b1 \n").find(c) != std::u32string_view::npos) out += c;
      }
      return out;
    };
    ASSERT_EQ(letters(text::to_utf32(once)), letters(text));
  }
}

}  // namespace
}  // namespace lmkor::corpus
