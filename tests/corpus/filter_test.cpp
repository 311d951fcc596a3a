#include "lmkor/corpus/filter.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

std::string reason(std::string_view sentence, FilterOptions options = {}) {
  FactCounter counter;
  const int rule = first_rule(sentence_rules(), counter.count(sentence), options);
  return rule < 0 ? "" : std::string(sentence_rules()[static_cast<size_t>(rule)].reason);
}

std::string document_reason(std::string_view text, FilterOptions options = {}) {
  FactCounter counter;
  const int rule = first_rule(document_rules(), counter.count_document(text), options);
  return rule < 0 ? "" : std::string(document_rules()[static_cast<size_t>(rule)].reason);
}

TEST(Filter, LengthIsCountedInCodePoints) {
  EXPECT_EQ(reason("가나다라마바사아자"), "too_short");
  EXPECT_EQ(reason("가나다라마바사아자차"), "");
  EXPECT_EQ(reason("가나다 라마바 사아"), "");
  FilterOptions options;
  options.min_characters = options.min_letters = 0;
  EXPECT_EQ(reason("가나다", options), "");
}

TEST(Filter, UselessHasTooLittleHangul) {
  EXPECT_EQ(reason("This line has no Hangul."), "useless");
  EXPECT_EQ(reason("1234-5678-9012"), "useless");
  EXPECT_EQ(reason("가bcdefghij"), "");          // one of ten
  EXPECT_EQ(reason("가bcdefghijk"), "useless");  // one of eleven
  FilterOptions options;
  options.min_hangul_share = 0;
  EXPECT_EQ(reason("This line has no Hangul.", options), "");
}

TEST(Filter, UselessRepeatsTheSameCharacters) {
  EXPECT_EQ(reason("ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ"), "useless");
  EXPECT_EQ(reason("ㅋㅎㅋㅎㅋㅎㅋㅎ ㅋㅎㅋㅎ"), "useless");
  EXPECT_EQ(reason("가나가나가나 가나가나 ㅠ"), "");
}

TEST(Filter, LettersAreWhatWordsAreMadeOf) {
  EXPECT_EQ(reason("ㅋㅋㅋ 좋네요 ㅎㅎㅎ!!"), "few_letters");
  EXPECT_EQ(reason("ㅋㅋㅋ 좋았네요~ ㅎㅎ"), "few_letters");
  EXPECT_EQ(reason("ㅋㅋ 정말 좋았네요 ㅎㅎ"), "");
}

TEST(Filter, SymbolsOutweighWords) {
  EXPECT_EQ(reason("===== 공지사항 ====="), "few_letters");
  EXPECT_EQ(reason("====== 주요공지사항 ====="), "symbols");
  EXPECT_EQ(reason("=== 주요공지사항 ==="), "");
  EXPECT_EQ(reason("ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 둘다 흥해라 !!"), "");
  FilterOptions options;
  options.max_symbol_share = 1;
  EXPECT_EQ(reason("====== 주요공지사항 =====", options), "");
}

TEST(Filter, RepetitiveSaysTheSameAgainAndAgain) {
  EXPECT_EQ(reason("사랑해요 사랑해요 사랑해요 사랑해요 사랑해요 사랑해요 사랑해요"), "repetitive");
  EXPECT_EQ(reason("하하하하하하하하하하하하하하하하하하하하하하 웃기다"), "repetitive");
  EXPECT_EQ(reason("간장 공장 공장장은 강 공장장이고 된장 공장 공장장은 장 공장장이다"), "");
  EXPECT_EQ(reason("국회의원의 임기는 4년으로 하고 대통령의 임기는 5년으로 하며 중임할 수 없다"), "");
}

TEST(Filter, DocumentsThatRepeatThemselves) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += "오늘 하루만 특별한 가격으로 모십니다 지금 바로 전화 주세요\n";
  EXPECT_EQ(document_reason(text), "repetitive_document");
  text.clear();
  for (int i = 0; i < 12; ++i)
    text += "제" + std::to_string(i) + "조에 따라 허가를 받은 " + std::to_string(i * 7) + "번 사업자는 신고한다\n";
  EXPECT_EQ(document_reason(text), "");
  EXPECT_EQ(document_reason("같은 말 같은 말 같은 말 같은 말 같은 말 같은 말"), "");  // too short to tell
}

TEST(Filter, DocumentsThatAreLists) {
  std::string menu, prose;
  for (int i = 0; i < 12; ++i) {
    menu += i % 2 == 0 ? "- 김치찌개 정식\n" : std::to_string(i) + ". 된장찌개\n";
    prose += "오늘은 날씨가 참 좋았습니다.\n";
  }
  EXPECT_EQ(document_reason(menu), "list");
  EXPECT_EQ(document_reason(prose), "");
  EXPECT_EQ(document_reason("- 하나\n- 둘\n- 셋"), "");
}

TEST(Filter, CountsFactsInOnePass) {
  FactCounter counter;
  const SentenceFacts facts = counter.count("가나 가ab1ㅋ!é");
  EXPECT_EQ(facts.characters, 10);
  EXPECT_EQ(facts.visible, 9);
  EXPECT_EQ(facts.hangul, 4);
  EXPECT_EQ(facts.letters, 6);
  EXPECT_EQ(facts.jamo, 1);
  EXPECT_EQ(facts.digits, 1);
  EXPECT_EQ(facts.distinct, 8);
  EXPECT_EQ(facts.repeated_share, 0);
  EXPECT_EQ(counter.count("가나다가나다가나다가나다가나다가나다가나다").repeated_share, 16.0 / 19.0);
}

TEST(Filter, SharesBelowWhatMattersMayBeLeftOut) {
  const base::Random random(23, base::RandomUse::kGenerate);
  uint64_t at = 0;
  FactCounter exact, quick(0.5);
  int left_out = 0;
  for (int round = 0; round < 2000; ++round) {
    // Words of three syllables, of which some come again.
    std::u32string wide;
    const uint64_t kinds = 1 + random.below(at++, 24);
    for (uint64_t i = random.below(at++, 24); i > 0; --i) {
      const auto first = static_cast<char32_t>(0xAC00 + 3 * random.below(at++, kinds));
      for (char32_t k = 0; k < 3; ++k) wide += first + k;
      if (random.below(at++, 2) == 0) wide += U' ';
    }
    const std::string sentence = text::to_utf8(wide);
    const SentenceFacts truth = exact.count(sentence), facts = quick.count(sentence);
    ASSERT_EQ(facts.distinct, truth.distinct);
    if (truth.repeated_share > 0.5) {
      ASSERT_EQ(facts.repeated_share, truth.repeated_share);
    }
    left_out += facts.repeated_share != truth.repeated_share;
  }
  EXPECT_GT(left_out, 20);
}

}  // namespace
}  // namespace lmkor::corpus
