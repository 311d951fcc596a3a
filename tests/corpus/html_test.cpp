#include "lmkor/corpus/html.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "lmkor/base/random.h"

namespace lmkor::corpus {
namespace {

std::string strip(std::string_view text) {
  std::string out;
  Cuts cuts;
  return strip_html(text, out, cuts) ? out : std::string(text);
}

TEST(Html, DecodesReferences) {
  EXPECT_EQ(strip("나&nbsp;너 &quot;우리&quot; &#44032;&#xAC01; &lt;형법&gt; R&amp;D"),
            "나\u00A0너 \"우리\" 가각 <형법> R&D");
  EXPECT_EQ(strip("사랑&hearts;해&hellip;"), "사랑♥해…");
  EXPECT_EQ(strip("&nbsp 빈칸&lt끝"), "\u00A0 빈칸<끝");
  EXPECT_EQ(strip("두 번 쓴 &amp;amp;nbsp;것 &amp;#8220;네&amp;#8221;"), "두 번 쓴 \u00A0것 “네”");
}

TEST(Html, LeavesWhatIsNone) {
  for (const char* text : {"AT&T 와 R&B", "a < b && c > d", "?a=1&copy=2&reg=3", "&없음; &; &#; &#x;", "<형법> 제1조",
                           "<전화번호>", "vector<T> Map<a, b>", "Foo<a> List<i>", "<A>가수", "<b 급 영화>", "<3 좋아요",
                           "<form> 컴포넌트는", "<div>와 <Section> 안에", "<Section>가</Section>", "가<나>다", ">_<"}) {
    EXPECT_EQ(strip(text), text);
  }
}

TEST(Html, TakesTagsOut) {
  EXPECT_EQ(strip("<p class=\"x\">첫 줄</p><P>둘째<br/>셋째</P>"), "\n첫 줄\n\n둘째\n셋째\n");
  EXPECT_EQ(strip("<b>굵게</b>라는 <a href='http://x.kr'>말</a>"), "굵게라는 말");
  EXPECT_EQ(strip("<td>가</td><td>나</td>"), " 가  나 ");
  EXPECT_EQ(strip("앞<!-- [if mso]> <b>숨은</b> 말 <![endif]-->뒤"), "앞뒤");
  EXPECT_EQ(strip("앞<script>var a = '<b>';</script>뒤<STYLE type=\"a\">p { }</STYLE>끝"), "앞뒤끝");
  EXPECT_EQ(strip("앞&lt;br&gt;뒤 &amp;lt;b&amp;gt;굵게</b>"), "앞\n뒤 굵게");
}

TEST(Html, KeepsWhatItTook) {
  std::string out;
  Cuts cuts;
  ASSERT_TRUE(strip_html("가<br>나&nbsp;다", out, cuts));
  EXPECT_EQ(cuts.text, "<br>\n&nbsp;");
  EXPECT_EQ(cuts.places, 2u);
  EXPECT_FALSE(strip_html("가 < 나", out, cuts));
  EXPECT_EQ(out, "가\n나\u00A0다");
}

TEST(Html, SecondCallFindsNothing) {
  constexpr std::string_view kParts[] = {"<",    ">",    "&",   ";",      "b",     "br",     "amp",  "lt", "gt", "/",
                                         "<!--", "--",   "-->", "script", "a",     " href=", "가",   "#",  "60", "&lt;",
                                         "x3C",  "semi", "p",   "&amp",   "style", "\n",     "nbsp", " "};
  const base::Random random(5, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (uint64_t i = random.below(at++, 16); i > 0; --i) text += kParts[random.below(at++, std::size(kParts))];
    std::string once = strip(text);
    // References without semicolons are seen as they come, so a few calls may follow.
    for (int call = 0; call < 4; ++call) once = strip(once);
    ASSERT_EQ(strip(once), once) << text;
  }
}

TEST(Html, HostileTextTakesLinearTime) {
  for (const char* part : {"&semi", "<b", "<!--", "&amp;", "<", "-->", "<script>", "</script>", "&#59;"}) {
    std::string text;
    while (text.size() < 400000) text += part;
    text += ";;>>>>";
    const auto before = std::chrono::steady_clock::now();
    strip(text);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20)) << part;
  }
}

}  // namespace
}  // namespace lmkor::corpus
