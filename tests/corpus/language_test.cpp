#include "lmkor/corpus/language.h"

#include <gtest/gtest.h>

namespace lmkor::corpus {
namespace {

constexpr double kShare = 0.3;

TEST(Language, KoreanByItsLetters) {
  EXPECT_EQ(detect_language("오늘은 날씨가 좋다.", kShare), "ko");
  EXPECT_EQ(detect_language("ㅋㅋㅋㅋ", kShare), "ko");
  EXPECT_EQ(detect_language("Visual Studio 에서 C++ 프로젝트를 만드는 방법", kShare), "ko");
}

TEST(Language, OthersByCld2) {
  EXPECT_EQ(detect_language("The quick brown fox jumps over the lazy dog and runs away.", kShare), "en");
  EXPECT_EQ(detect_language("吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。", kShare), "ja");
  EXPECT_EQ(detect_language("Съешь ещё этих мягких французских булок, да выпей чаю.", kShare), "ru");
}

TEST(Language, TooLittleToTell) {
  for (const char* text : {"", "12345 !?", "★★★", "ok"}) EXPECT_EQ(detect_language(text, kShare), "un") << text;
}

TEST(Language, CountsLetters) {
  const LetterCount count = count_letters("가나 ㅋ ab é 國 1!");
  EXPECT_EQ(count.letters, 7u);
  EXPECT_EQ(count.hangul, 3u);
}

}  // namespace
}  // namespace lmkor::corpus
