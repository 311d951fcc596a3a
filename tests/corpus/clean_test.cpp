#include "lmkor/corpus/clean.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

Cleaner make_cleaner(CleanOptions options = {}) { return {options, character_set(options)}; }

std::string clean(std::string_view text, CleanOptions options = {}) {
  return std::string(make_cleaner(options).clean(text).text);
}

TEST(Clean, ComposesHangul) {
  EXPECT_EQ(clean("\u1112\u1161\u11AB\u1100\u1173\u11AF"), "한글");
  CleanOptions off;
  off.nfc = off.jamo = false;
  EXPECT_EQ(clean("\u1112\u1161\u11AB", off), "");
}

TEST(Clean, KeepsTheReferenceSetOnly) {
  EXPECT_EQ(clean("한글 abc 123 !?~@ ㅋㅋㅠㅠ ％·∼"), "한글 abc 123 !?~@ ㅋㅋㅠㅠ ％·∼");
  EXPECT_EQ(clean("韓國 좋아요♥최고😀"), "좋아요 최고");
  // Quotes and marks vanish without a blank, so that a particle stays with its word.
  EXPECT_EQ(clean("“안녕”이라고 「형법」에 ❤️ 그러나…그는"), "안녕이라고 형법에 그러나 그는");
  EXPECT_EQ(clean("가\u200B나\u0007다\uFFFD라"), "가나다라");
}

TEST(Clean, BringsJamoToThePlainOnes) {
  EXPECT_EQ(clean("\u110F\u110F \u1112\u1112 \u1174\u11A8"), "ㅋㅋ ㅎㅎ ㅢㄱ");  // lone conjoining ones
  EXPECT_EQ(clean("\uFFBB\uFFBB\uFFBB \uFFA1\uFFC2\uFFDC"), "ㅋㅋㅋ ㄱㅏㅣ");    // half-width
  CleanOptions off;
  off.jamo = false;
  EXPECT_EQ(clean("가\uFFBB나", off), "가 나");
}

TEST(Clean, TakesOutWhatIsNotSeen) {
  CleanOptions options;
  options.characters = {"all"};
  EXPECT_EQ(clean("대한\u00AD민국\uFEFF 만\u200B세\u202E\u0001", options), "대한민국 만세");
  EXPECT_EQ(clean("가\u3164나 \U0001F468\u200D\U0001F469", options), "가 나 \U0001F468\u200D\U0001F469");
  options.controls = false;
  EXPECT_EQ(clean("대한\u00AD민국\u200B", options), "대한\u00AD민국\u200B");
}

TEST(Clean, DecodesAndStripsHtml) {
  EXPECT_EQ(clean("<p>첫&nbsp;줄</p>\n<br>둘째 &lt;형법&gt;"), "첫 줄\n둘째 <형법>");
  EXPECT_EQ(clean("숨은 <b“r>꺾쇠"), "숨은\n꺾쇠");  // a tag only once the quotation mark is gone
  CleanOptions off;
  off.html = false;
  EXPECT_EQ(clean("<b>가</b>&amp;", off), "<b>가</b>&amp;");
}

TEST(Clean, MasksPersonalData) {
  EXPECT_EQ(clean("제 번호는 010-1234-5678, 메일은 a.b@c.kr 입니다"), "제 번호는 <전화번호>, 메일은 <이메일> 입니다");
  EXPECT_EQ(clean("900101-1234568"), "<주민등록번호>");
  CleanOptions options;
  options.personal_data_kinds = {"mail"};
  EXPECT_EQ(clean("010-1234-5678 a@b.kr", options), "010-1234-5678 <이메일>");
  options.personal_data = false;
  EXPECT_EQ(clean("a@b.kr", options), "a@b.kr");
  options = {};
  options.characters = {"syllables", "U+30-U+39"};  // what the set does not hold is not in placeholders either
  EXPECT_EQ(clean("번호 01012345678", options), "번호 전화번호");
}

TEST(Clean, ShortensRepeats) {
  EXPECT_EQ(clean("재밌다ㅋㅋㅋㅋㅋㅋ!!!!!!"), "재밌다ㅋㅋㅋ!!!");
  CleanOptions options;
  options.max_repeats = 0;
  EXPECT_EQ(clean("ㅋㅋㅋㅋㅋㅋ", options), "ㅋㅋㅋㅋㅋㅋ");
  options.max_repeats = 1;  // a telephone number only once the repeats are gone
  EXPECT_EQ(clean("010--1234--5678", options), "<전화번호>");
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
  EXPECT_EQ(result.cuts[Cleaner::kCharacters].text, "♥♥");
  EXPECT_EQ(result.cuts[Cleaner::kCharacters].places, 2u);
  EXPECT_EQ(result.removed_bytes[Cleaner::kCharacters], 4);  // six bytes less two blanks
  EXPECT_EQ(result.removed_bytes[Cleaner::kBlanks], 3);
  CharacterCounts counts;
  cleaner.take_counts(counts);
  EXPECT_EQ(counts, (CharacterCounts{{U'♥', 2}}));
}

TEST(Clean, BytesAgreeAndOutputIsClean) {
  constexpr std::string_view kParts[] = {"가",       "각",     "힣",        "ㅋ",
                                         "ㅋㅋㅋㅋ", "ㅣ",     "ab1",       " ",
                                         "~",        "\n",     "\t",        "\u00A0",
                                         "♥",        "😀",      "\u1100",    "\u1161",
                                         "\u11A8",   "“",      "”",         "國",
                                         "\u0300",   "é",      "％",        "\u200D",
                                         "\uFFFD",   "\uFFBB", "\u00AD",    "\u3164",
                                         "<",        "br>",    "</b>",      "&",
                                         "lt;",      "amp;",   "nbsp",      "010-1234-5678",
                                         "-5678",    "a@b.kr", "계좌 1234", "56-78-901234",
                                         "!!!!",     "<!--",   "-->",       "0",
                                         "1",        "-",      ".",         "900101-1234568"};
  const base::Random random(3, base::RandomUse::kGenerate);
  Cleaner cleaner = make_cleaner();
  uint64_t at = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (uint64_t i = random.below(at++, 30); i > 0; --i) text += kParts[random.below(at++, std::size(kParts))];
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
    ASSERT_EQ(cleaner.clean(once).text, once) << "cleaning twice changes nothing more: " << text;
  }
}

}  // namespace
}  // namespace lmkor::corpus
