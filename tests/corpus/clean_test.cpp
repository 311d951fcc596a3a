#include "lmkor/corpus/clean.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

Cleaner make_cleaner(CleanOptions options = {}) {
  return {options, std::make_shared<const CharacterSet>(options.characters)};
}

std::string clean(std::string_view text, CleanOptions options = {}) {
  return std::string(make_cleaner(options).clean(text).text);
}

TEST(Clean, ComposesHangul) {
  EXPECT_EQ(clean("\u1112\u1161\u11AB\u1100\u1173\u11AF"), "한글");
  CleanOptions off;
  off.nfc = false;
  EXPECT_EQ(clean("\u1112\u1161\u11AB", off), "");
}

TEST(Clean, KeepsTheReferenceSetOnly) {
  EXPECT_EQ(clean("한글 abc 123 !?~@ ㅋㅋㅠㅠ ％·∼"), "한글 abc 123 !?~@ ㅋㅋㅠㅠ ％·∼");
  EXPECT_EQ(clean("韓國 좋아요♥최고😀"), "좋아요 최고");
  // Quotes and marks vanish without a blank, so that a particle stays with its word.
  EXPECT_EQ(clean("“안녕”이라고 「형법」에 ❤️ 그러나…그는"), "안녕이라고 형법에 그러나 그는");
  EXPECT_EQ(clean("가\u200B나\u0007다\uFFFD라"), "가나다라");
}

TEST(Clean, CollapsesBlanks) {
  EXPECT_EQ(clean("  가 \t 나\u00A0\u3000다\r\n\r\n \n 라  "), "가 나 다\n라");
  EXPECT_EQ(clean("가\u2028나"), "가\n나");
  EXPECT_EQ(clean(" \n "), "");
  EXPECT_EQ(clean("a b c"), "a b c");
  CleanOptions off;
  off.collapse_blanks = false;
  EXPECT_EQ(clean(" 가  나\n\n다 ", off), " 가  나\n\n다 ");
}

TEST(Clean, SetsCanBeChosen) {
  CleanOptions options;
  options.characters = {"syllables", "hanja", "U+2660-U+2665", "☆"};
  EXPECT_EQ(clean("한國 abc ♥☆★", options), "한國 ♥☆");
  options.characters = {"all"};
  EXPECT_EQ(clean("한國 abc ♥☆★😀\a", options), "한國 abc ♥☆★😀");
}

TEST(Clean, FaultsNameTheEntry) {
  CleanOptions options;
  options.characters = {"asci", "U+20-U+10"};
  config::Faults faults;
  options.check(faults);
  ASSERT_EQ(faults.texts().size(), 2u);
  EXPECT_EQ(faults.texts()[0],
            "clean.characters: got \"asci\", expected all, ascii, jamo, syllables, hanja, latin, punctuation, emoji, a "
            "range such as U+4E00-U+9FFF, or characters beyond ASCII; did you mean \"ascii\"?");
}

TEST(Clean, CountsWhatItDeletes) {
  Cleaner cleaner = make_cleaner();
  const Cleaner::Result result = cleaner.clean("♥가♥  나");
  EXPECT_EQ(result.text, "가 나");
  EXPECT_EQ(result.deleted, "♥♥");
  EXPECT_EQ(result.removed_bytes[Cleaner::kCharacters], 4);  // six bytes less two blanks
  EXPECT_EQ(result.removed_bytes[Cleaner::kBlanks], 3);
  CharacterCounts counts;
  cleaner.take_counts(counts);
  EXPECT_EQ(counts, (CharacterCounts{{U'♥', 2}}));
}

TEST(Clean, BytesAgreeAndOutputIsClean) {
  constexpr std::u32string_view kParts = U"가각힣ㅋㅣab1 ~\n\t \u00A0♥😀\u1100\u1161\u11A8“”國\u0300é％\u200D\uFFFD";
  const base::Random random(3, base::RandomUse::kGenerate);
  Cleaner cleaner = make_cleaner();
  uint64_t at = 0;
  for (int round = 0; round < 3000; ++round) {
    std::u32string wide;
    for (uint64_t i = random.below(at++, 30); i > 0; --i) wide += kParts[random.below(at++, kParts.size())];
    const std::string text = text::to_utf8(wide);
    const Cleaner::Result result = cleaner.clean(text);
    int64_t removed = 0;
    for (const int64_t bytes : result.removed_bytes) removed += bytes;
    ASSERT_EQ(static_cast<int64_t>(text.size()) - removed, static_cast<int64_t>(result.text.size()));
    const std::string once(result.text);
    for (const char32_t c : text::to_utf32(once)) {
      ASSERT_TRUE((c >= 0x20 && c < 0x7F) || c == '\n' || (c >= 0x3131 && c <= 0x3163) ||
                  (c >= 0xAC00 && c <= 0xD7A3) || std::u32string_view(U"％·∼").find(c) != std::u32string_view::npos)
          << static_cast<uint32_t>(c);
    }
    ASSERT_EQ(cleaner.clean(once).text, once) << "cleaning twice changes nothing more";
  }
}

}  // namespace
}  // namespace lmkor::corpus
