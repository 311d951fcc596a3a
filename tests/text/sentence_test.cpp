#include "lmkor/text/sentence.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::text {
namespace {

using testing::ElementsAre;

// The sentences without the blanks that follow them.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (std::string_view piece : split_sentences(text)) {
    while (piece.ends_with(' ') || piece.ends_with('\n')) piece.remove_suffix(1);
    out.emplace_back(piece);
  }
  return out;
}

TEST(Sentence, EndsAtStopsBeforeABlank) {
  EXPECT_THAT(split("오늘은 비가 왔다. 내일은 맑을까? 그러길 바란다!  끝"),
              ElementsAre("오늘은 비가 왔다.", "내일은 맑을까?", "그러길 바란다!", "끝"));
  EXPECT_THAT(split("정말?! 그럴 리가."), ElementsAre("정말?!", "그럴 리가."));
  EXPECT_THAT(split("그는 웃었다.) 그리고 갔다.\" 끝났다."), ElementsAre("그는 웃었다.)", "그리고 갔다.\"", "끝났다."));
  EXPECT_THAT(split("“안녕하세요.” 그가 말했다。 그렇다！ 네"),
              ElementsAre("“안녕하세요.”", "그가 말했다。", "그렇다！", "네"));
}

TEST(Sentence, KeepsNumbersListsAndNames) {
  EXPECT_THAT(split("원주율은 3.14 이다. 2019. 5. 3. 개정되었다."),
              ElementsAre("원주율은 3.14 이다.", "2019. 5. 3. 개정되었다."));
  EXPECT_THAT(split("가. 신청인의 성명 나. 주소"), ElementsAre("가. 신청인의 성명 나.", "주소"));
  EXPECT_THAT(split("1. 개요"), ElementsAre("1. 개요"));
  EXPECT_THAT(split("J. K. Rowling 의 책을 Dr. Kim 이 읽었다."),
              ElementsAre("J. K. Rowling 의 책을 Dr. Kim 이 읽었다."));
  EXPECT_THAT(split("www.example.com 에서 v1.2.3 을 받는다."), ElementsAre("www.example.com 에서 v1.2.3 을 받는다."));
}

TEST(Sentence, GoesOnAfterAQuotation) {
  EXPECT_THAT(split("\"괜찮아요.\" 라고 그가 말했다. 그랬다."),
              ElementsAre("\"괜찮아요.\" 라고 그가 말했다.", "그랬다."));
}

TEST(Sentence, KnowsHowPeopleType) {
  EXPECT_THAT(split("재밌어요ㅋㅋ 또 볼래요~ 최고였다ㅠㅠ 끝"),
              ElementsAre("재밌어요ㅋㅋ", "또 볼래요~", "최고였다ㅠㅠ", "끝"));
  EXPECT_THAT(split("스토리ㅋㅋ 좋네"), ElementsAre("스토리ㅋㅋ 좋네"));
  EXPECT_THAT(split("그게... 좀 그래요... 네"), ElementsAre("그게... 좀 그래요...", "네"));
  EXPECT_THAT(split("좋아요.그래서 샀습니다!추천"), ElementsAre("좋아요.", "그래서 샀습니다!", "추천"));
  EXPECT_THAT(split("한국.일본"), ElementsAre("한국.일본"));
}

TEST(Sentence, QuotationsStayWithTheirSentence) {
  EXPECT_THAT(split("그녀는 \"싫어!\" 하고 외쳤다. 그는 “알겠습니다.”라고 답했다. 끝났다."),
              ElementsAre("그녀는 \"싫어!\" 하고 외쳤다.", "그는 “알겠습니다.”라고 답했다.", "끝났다."));
  EXPECT_THAT(split("‘정말 그럴까?’ 라는 생각이 들었다. 아니었다."),
              ElementsAre("‘정말 그럴까?’ 라는 생각이 들었다.", "아니었다."));
  EXPECT_THAT(split("\"왔어?\" \"응.\" 둘은 웃었다."), ElementsAre("\"왔어?\"", "\"응.\"", "둘은 웃었다."));
  EXPECT_THAT(split("\"갑시다.\" 며 손을 내밀었다."), ElementsAre("\"갑시다.\" 며 손을 내밀었다."));
}

TEST(Sentence, DecimalsDatesAndMoneyAreNoEnds) {
  EXPECT_THAT(split("평점 8.5점 줍니다. 1,234.50원이에요. 0.5%도 안 됨."),
              ElementsAre("평점 8.5점 줍니다.", "1,234.50원이에요.", "0.5%도 안 됨."));
  EXPECT_THAT(split("2019. 05. 03. 에 개정. 시행은 2020.1.1.부터 한다."),
              ElementsAre("2019. 05. 03. 에 개정.", "시행은 2020.1.1.부터 한다."));
  EXPECT_THAT(split("제3.2.1절 참고. 버전 3.11 이상이다."), ElementsAre("제3.2.1절 참고.", "버전 3.11 이상이다."));
}

TEST(Sentence, ChatEndsInManyWays) {
  EXPECT_THAT(split("너무 좋았어요ㅋㅋㅋ 담에 또 가요~!! 진짜요?ㅋㅋ 네ㅎㅎ"),
              ElementsAre("너무 좋았어요ㅋㅋㅋ", "담에 또 가요~!!", "진짜요?ㅋㅋ", "네ㅎㅎ"));
  EXPECT_THAT(split("비추다..ㅡㅡ 돈 아까움ㅠㅠ 안 볼래요ㅜㅜㅜ 진심."),
              ElementsAre("비추다..ㅡㅡ 돈 아까움ㅠㅠ 안 볼래요ㅜㅜㅜ", "진심."));
  EXPECT_THAT(split("헐... 대박... 이게 뭐임?? ㅋㅋㅋㅋ"), ElementsAre("헐... 대박... 이게 뭐임??", "ㅋㅋㅋㅋ"));
  EXPECT_THAT(split("스토리ㅋㅋ 좋고 배우ㅎㅎ 좋고"), ElementsAre("스토리ㅋㅋ 좋고 배우ㅎㅎ 좋고"));
}

TEST(Sentence, EndsWithoutFullStops) {
  EXPECT_THAT(split("어제 친구와 함께 이 영화를 보고 왔습니다 음악이 정말 아름답고 결말도 마음에 들었어요 다음에는 "
                    "부모님도 모시고 가려고 합니다"),
              ElementsAre("어제 친구와 함께 이 영화를 보고 왔습니다", "음악이 정말 아름답고 결말도 마음에 들었어요",
                          "다음에는 부모님도 모시고 가려고 합니다"));
  // Short ones stay together, and so do words that only look like endings.
  EXPECT_THAT(split("좋아요 추천합니다 또 올게요"), ElementsAre("좋아요 추천합니다 또 올게요"));
  EXPECT_THAT(split("이 제품을 쓰기 위해서는 별도의 전원이 필요 없고 설치도 아주 간단하게 할 수 있다"),
              ElementsAre("이 제품을 쓰기 위해서는 별도의 전원이 필요 없고 설치도 아주 간단하게 할 수 있다"));
  EXPECT_THAT(split("아무리 생각해도 이것은 아니다 싶어서 어제 바로 환불을 신청하고 돌아왔다"),
              ElementsAre("아무리 생각해도 이것은 아니다 싶어서 어제 바로 환불을 신청하고 돌아왔다"));
  EXPECT_THAT(split("담당자가 오늘 안으로 처리해 드리겠습니다 라고 했지만 아직까지 아무 소식이 없다"),
              ElementsAre("담당자가 오늘 안으로 처리해 드리겠습니다 라고 했지만 아직까지 아무 소식이 없다"));
}

TEST(Sentence, LineBreaksEndSentences) {
  EXPECT_THAT(split("첫 줄\n둘째 줄"), ElementsAre("첫 줄", "둘째 줄"));
  EXPECT_TRUE(split_sentences("").empty());
}

TEST(Sentence, IsReversible) {
  constexpr std::string_view kParts[] = {"가", "다", "요", "ㅋ", "ㅠ", ".", ".", "?",  "!",    "…",    " ",  " ",
                                         "  ", "\"", "”",  "~",  "1",  "a", "B", "\n", "라고", "\xFF", "。", "😀"};
  const base::Random random(7, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const uint64_t length = random.below(at++, 24);
    for (uint64_t i = 0; i < length; ++i) text += kParts[random.below(at++, std::size(kParts))];
    std::string joined;
    for (const std::string_view piece : split_sentences(text)) {
      EXPECT_FALSE(piece.empty());
      joined += piece;
    }
    ASSERT_EQ(joined, text);
  }
}

}  // namespace
}  // namespace lmkor::text
