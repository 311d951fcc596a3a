#include "lmkor/corpus/filter.h"

#include <gtest/gtest.h>

namespace lmkor::corpus {
namespace {

std::string reason(std::string_view sentence, FilterOptions options = {}) {
  const int rule = filter_sentence(sentence, options);
  return rule < 0 ? "" : std::string(filter_rules()[static_cast<size_t>(rule)].reason);
}

TEST(Filter, LengthIsCountedInCodePoints) {
  EXPECT_EQ(reason("가나다라마바사아자"), "too_short");
  EXPECT_EQ(reason("가나다라마바사아자차"), "");
  EXPECT_EQ(reason("가나다 라마바 사아"), "");
  FilterOptions options;
  options.min_characters = 0;
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
  EXPECT_EQ(reason("ㅋㅎㅋㅎㅋㅎㅋㅎ ㅋㅎㅋㅠ"), "");
}

TEST(Filter, CountsFactsInOnePass) {
  const SentenceFacts facts = sentence_facts("가나 가ab1");
  EXPECT_EQ(facts.characters, 7);
  EXPECT_EQ(facts.visible, 6);
  EXPECT_EQ(facts.hangul, 3);
  EXPECT_EQ(facts.distinct, 5);
}

}  // namespace
}  // namespace lmkor::corpus
