#include "lmkor/task/noise.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace lmkor::task {
namespace {

using base::ErrorKind;

std::string noised(const std::string& text, const std::string& kind, uint64_t seed = 1) {
  return add_noise(find_task("nsmc"), {{.text = text}}, kind, 1, seed).examples[0].text;
}

TEST(Noise, EachKindDoesWhatItSays) {
  EXPECT_EQ(noised("이 영화 정말 좋다", "blanks"), "이영화정말좋다");
  EXPECT_EQ(noised("값", "jamo"), "ㄱㅏㅄ");
  EXPECT_EQ(noised("나 너", "jamo"), "ㄴㅏ ㄴㅓ");
  EXPECT_EQ(noised("멍", "look-alikes"), "댕");
  EXPECT_EQ(noised("대 귀", "look-alikes"), "머 커");
  EXPECT_EQ(noised("값", "drops"), "가");
  const std::string laughs = noised("좋다", "laughs");
  EXPECT_TRUE(laughs.starts_with("좋다") && laughs.size() >= std::string("좋다ㅋㅋ").size()) << laughs;
  // ㄴ lies between ㅁ and ㅇ, ㅏ between ㅓ and ㅣ.
  for (uint64_t seed = 1; seed < 20; ++seed) {
    const std::string slip = noised("나", "slips", seed);
    EXPECT_TRUE(slip == "마" || slip == "아" || slip == "너" || slip == "니") << slip;
  }
  EXPECT_EQ(noised("movie 10/10", "jamo"), "movie 10/10");
}

TEST(Noise, TouchesTheShareOfWordsAndIsDrawnBySeed) {
  std::string text = "나";
  for (int i = 1; i < 1000; ++i) text += " 나";
  const auto at = [&](double share, uint64_t seed) {
    return add_noise(find_task("nsmc"), {{.text = text}}, "jamo", share, seed).examples[0].text;
  };
  EXPECT_EQ(at(0, 1), text);
  EXPECT_EQ(at(0.3, 1), at(0.3, 1));
  EXPECT_NE(at(0.3, 1), at(0.3, 2));
  const double touched = static_cast<double>(at(0.3, 1).size() - text.size()) / 3 / 1000;  // a jamo more for each
  EXPECT_NEAR(touched, 0.3, 0.05);
}

TEST(Noise, KeepsWordsOfTagsAndPassagesOfAnswers) {
  const Example words{.text = "서울 부산", .words = {"서울", "부산"}, .labels = {1, 1}};
  const Example changed = add_noise(find_task("klue-ner"), {words}, "jamo", 1, 1).examples[0];
  EXPECT_EQ(changed.words.size(), 2u);
  EXPECT_NE(changed.words[0], "서울");
  EXPECT_EQ(changed.text, changed.words[0] + " " + changed.words[1]);
  const Example question{.text = "어디에 사나", .second_text = "서울에 산다"};
  EXPECT_EQ(add_noise(find_task("korquad"), {question}, "jamo", 1, 1).examples[0].second_text, "서울에 산다");
  EXPECT_EQ(error_text(ErrorKind::kUsage, [&] { add_noise(find_task("klue-ner"), {words}, "blanks", 1, 1); }),
            "--noise: blanks changes which words there are, but klue-ner tags words; expected another kind");
  EXPECT_EQ(error_text(ErrorKind::kUsage, [&] { noised("a", "typos"); }),
            "--noise: got \"typos\", expected all or some of blanks, jamo, slips, laughs, drops, look-alikes");
}

}  // namespace
}  // namespace lmkor::task
