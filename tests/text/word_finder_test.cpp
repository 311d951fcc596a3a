#include "lmkor/text/word_finder.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmkor/base/random.h"

namespace lmkor::text {
namespace {

std::vector<std::string> find(const WordFinder& finder, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& match : finder.find(text))
    out.push_back(std::to_string(match.list) + ":" + std::string(text.substr(match.begin, match.size)));
  return out;
}

TEST(WordFinder, FindsWordsOfAllListsInOnePass) {
  WordFinder finder;
  for (const char* word : {"바보", "바보새", "보새"}) finder.add(word, 0);
  for (const char* word : {"광고", "Buy Now"}) finder.add(word, 1);
  finder.finish();
  EXPECT_THAT(find(finder, "이 바보새야 광고 좀 BUY now"),
              testing::ElementsAre("0:바보", "0:바보새", "0:보새", "1:광고", "1:BUY now"));
  EXPECT_TRUE(find(finder, "아무 말도 없다").empty());
  EXPECT_TRUE(find(finder, "").empty());
}

TEST(WordFinder, WordsInExceptionsDoNotCount) {
  WordFinder finder;
  finder.add("시발", 0);
  finder.add_exception("시발점");
  finder.add_exception("출시발표");
  finder.finish();
  EXPECT_TRUE(find(finder, "이것이 시발점이다. 내일 출시발표").empty());
  EXPECT_THAT(find(finder, "시발점과 시발"), testing::ElementsAre("0:시발"));
}

TEST(WordFinder, AgreesWithASearchWordByWord) {
  constexpr std::string_view kLetters[] = {"가", "나", "a", "𐍈", "é"};
  const base::Random random(11, base::RandomUse::kGenerate);
  uint64_t at = 0;
  const auto draw = [&](uint64_t most) {
    std::string out;
    for (uint64_t i = 1 + random.below(at++, most); i > 0; --i)
      out += kLetters[random.below(at++, std::size(kLetters))];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    WordFinder finder;
    std::vector<std::string> words;
    for (int i = 0; i < 6; ++i) words.push_back(draw(4));
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    for (const std::string& word : words) finder.add(word, 0);
    finder.finish();
    const std::string text = draw(40);
    std::vector<std::string> expected;
    for (const std::string& word : words) {
      for (size_t i = text.find(word); i != std::string::npos; i = text.find(word, i + 1))
        expected.push_back("0:" + word);
    }
    EXPECT_THAT(find(finder, text), testing::UnorderedElementsAreArray(expected));
  }
}

}  // namespace
}  // namespace lmkor::text
