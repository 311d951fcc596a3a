#include "lmkor/corpus/markup.h"

#include <chrono>

#include <gtest/gtest.h>

#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

TEST(MediawikiText, Inline) {
  const std::pair<const char*, const char*> rows[] = {
      {"'''굵게''' ''기울임'' '''''둘 다'''''", "굵게 기울임 둘 다"},
      {"[[서울]]과 [[부산광역시|부산]]", "서울과 부산"},
      {"[[파일:A.jpg|섬네일|[[서울]] 설명]]본문", "본문"},
      {"본문[[분류:도시]][[en:Seoul]]", "본문"},
      {"[[:분류:도시]]", "분류:도시"},
      {"[[서울 (도시)|]]", "서울"},
      {"[https://a.kr 이름] [https://b.kr]", "이름"},
      {"글<ref name=\"a\">각주 {{서적|a}}</ref>입니다<ref name=a />.", "글입니다."},
      {"가<!-- 나 -->다", "가다"},
      {"<nowiki>[[링크 아님]] ''x''</nowiki>", "[[링크 아님]] ''x''"},
      {"<math>E = mc^2</math>식", "식"},
      {"{{틀|{{안|a}}|b}}글{{{1|}}}", "글"},
      {"{{{{{1}}}|x}}글", "글"},
      {"{{인용문|여름장이란 [[애당초]]}}", "여름장이란 애당초"},
      {"{{lang|en|Seoul}}은", "Seoul은"},
      {"트랜스포머({{llang|en|transformer}})는", "트랜스포머는"},
      {"서울 ({{llang|en|Seoul}}, 수도)", "서울 (수도)"},
      {"함수 f()는", "함수 f()는"},
      {"A &amp; B&nbsp;C &#44032; &lt;b&gt; &모름;", "A & B C 가 <b> &모름;"},
      {"__목차숨김__글", "글"},
      {"x < 3, y > 2", "x < 3, y > 2"},
      {"가<br />나", "가\n나"},
      {"글 ~~~~", "글"},
  };
  for (const auto& [wikitext, text] : rows) EXPECT_EQ(mediawiki_text(wikitext), text) << wikitext;
}

TEST(MediawikiText, Blocks) {
  EXPECT_EQ(mediawiki_text("머리\n== 역사 ==\n=== 빈 절 ===\n=== 이전 ===\n글\n== 각주 ==\n{{각주}}\n"),
            "머리\n역사\n이전\n글");
  EXPECT_EQ(mediawiki_text("* 하나\n** 둘\n# 셋\n: 넷\n;다섯\n여섯\n----\n;일곱\n"), "하나\n둘\n셋\n넷\n다섯\n여섯");
  EXPECT_EQ(
      mediawiki_text("앞\n{| class=\"wikitable\"\n|+ 제목\n! 번호\n|-\n| {{숫자|1}} || [[가]]\n{| \n| 안\n|}\n|}\n뒤"),
      "앞\n뒤");
  EXPECT_EQ(mediawiki_text("{{책 정보\n| 제목 = 메밀꽃\n| 저자 = [[이효석]]\n}}\n'''메밀꽃'''은"), "메밀꽃은");
}

TEST(MediawikiText, BrokenMarkupLosesLittle) {
  EXPECT_EQ(mediawiki_text("{{열린 틀\n글 하나\n글 둘"), "열린 틀\n글 하나\n글 둘");
  EXPECT_EQ(mediawiki_text("}} ]] 글 [[열림"), "글 열림");
  EXPECT_EQ(mediawiki_text("글 <ref>열린 각주\n다음"), "글 열린 각주\n다음");
  EXPECT_EQ(mediawiki_text("글 <!-- 열린\n다음"), "글  열린\n다음");
  EXPECT_EQ(mediawiki_text("{|\n| 칸\n글"), "글");
}

TEST(MediawikiText, Redirects) {
  EXPECT_TRUE(is_mediawiki_redirect("#넘겨주기 [[가]]"));
  EXPECT_TRUE(is_mediawiki_redirect("\n#Redirect [[가]]"));
  EXPECT_FALSE(is_mediawiki_redirect("# 하나"));
}

TEST(NamuwikiText, Inline) {
  const std::pair<const char*, const char*> rows[] = {
      {"'''{{{+1 B사감}}}'''은(는) [[현진건]]의 [[단편소설|소설]]이다.[* 각주 [[링크]] 안]",
       "B사감은(는) 현진건의 소설이다."},
      {"[[파일:a.jpg|width=100]][[분류:소설]]글", "글"},
      {"~~취소~~ --취소선-- __밑줄__ ^^위^^ ,,아래,,", "취소 취소선 밑줄 위 아래"},
      {"{{{#red,blue 붉은}}} 글 {{{'''그대로'''}}}", "붉은 글 '''그대로'''"},
      {"[include(틀:가, a=b)][목차][youtube(abc)]글[br]둘[각주]", "글\n둘"},
      {"[ruby(글자, ruby=字)]", "글자"},
      {"[모르는 것]", "[모르는 것]"},
      {"\\[목차] \\'''", "[목차] '''"},
      {"[[https://a.kr|이름]] [[https://b.kr]]", "이름"},
      {"가 -- 나 ~~ 다", "가 -- 나 ~~ 다"},
  };
  for (const auto& [markup, text] : rows) EXPECT_EQ(namuwiki_text(markup), text) << markup;
}

TEST(NamuwikiText, Blocks) {
  EXPECT_EQ(namuwiki_text("== 개요 ==\n글\n== 빈 절 ==\n==# 접힘 #==\n > 인용\n * 하나\n 1. 둘\n## 주석\n----\n"),
            "개요\n글\n접힘\n인용\n하나\n둘");
  EXPECT_EQ(namuwiki_text("앞\n|| 표 || 칸 ||\n||<-2> 여러\n줄 ||\n뒤"), "앞\n뒤");
  EXPECT_EQ(namuwiki_text("{{{#!folding 펼치기\n안의 글 {{{+2 큰}}}\n}}}\n{{{#!html <b>x</b>}}}끝"), "안의 글 큰\n끝");
  EXPECT_TRUE(is_namuwiki_redirect("#redirect 가\n"));
  EXPECT_TRUE(is_namuwiki_redirect("#넘겨주기 가"));
  EXPECT_FALSE(is_namuwiki_redirect("글 #redirect 가"));
}

TEST(MarkdownText, Blocks) {
  EXPECT_EQ(markdown_text("# 제목 {/*anchor*/}\n\n글 **굵게** `code`와\n이어짐 [링크](https://a.kr) ![그림](x.png)\n\n"
                          "```js\nlet a = 1;\n```\n\n- 하나\n- 둘\n\n> 인용\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n\n"
                          "<div>\nHTML\n</div>\n\nA &amp; B\n"),
            "제목\n글 굵게 code와 이어짐 링크\n하나\n둘\n인용\n가 나\n1 2\nA & B");
}

// Whatever is written, the time is linear and the result is valid: doubling an unkind text must not take four times.
TEST(Markup, UnkindTextsTakeLinearTime) {
  const std::string_view unkind[] = {"{{",     "[[",   "{|\n", "<ref>", "<!--",        "'''",  "[[[", "{{{",
                                     "[*",     "~~가", "__A",  "(",     "{{{#!wiki\n", "[[a|", "}}",  "<nowiki>",
                                     "== =\n", "||\n", "&#",   "\\",    "> ",          "* "};
  for (const auto convert : {mediawiki_text, namuwiki_text, markdown_text}) {
    for (const std::string_view piece : unkind) {
      std::string text;
      while (text.size() < 1 << 17) text += piece;
      const auto begin = std::chrono::steady_clock::now();
      const std::string out = convert(text);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      EXPECT_LT(seconds.count(), 5) << piece;  // quadratic takes minutes
      EXPECT_EQ(text::find_invalid(out), std::string_view::npos) << piece;
    }
  }
}

}  // namespace
}  // namespace lmkor::corpus
