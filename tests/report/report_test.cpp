#include "lmkor/report/report.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/report/html.h"
#include "lmkor/report/scale.h"

namespace lmkor::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Escape, KeepsTextAndDisarmsMarkup) {
  EXPECT_EQ(escape("<script>alert('x') && \"y\"</script>"),
            "&lt;script&gt;alert(&#39;x&#39;) &amp;&amp; &quot;y&quot;&lt;/script&gt;");
  EXPECT_EQ(escape("재미있다 ㅋㅋ 😀\t\n"), "재미있다 ㅋㅋ 😀\t\n");
}

TEST(Escape, ReplacesWhatXmlForbids) {
  EXPECT_EQ(escape(std::string_view("a\0b\x1b", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(escape("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(escape("\xEC\x9E"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // a cut syllable
}

TEST(Language, IsToldFromHangul) {
  EXPECT_EQ(language_of("loss 3.1"), "");
  EXPECT_EQ(language_of("plot ㅋㅋ"), " lang=\"ko\"");
  EXPECT_EQ(language_of("리뷰"), " lang=\"ko\"");
}

TEST(FitText, CutsBetweenCharacters) {
  EXPECT_EQ(fit_text("짧다", 12, 100), "짧다");
  EXPECT_EQ(fit_text("가나다라마바사", 10, 40), "가나다…");
}

TEST(LinearScale, HasRoundTicks) {
  const Scale scale = linear_scale(0.3, 9.2, 5);
  EXPECT_EQ(tick_labels(scale), (std::vector<std::string>{"0", "2", "4", "6", "8", "10"}));
  EXPECT_DOUBLE_EQ(scale.at(5), 0.5);
  EXPECT_THAT(tick_labels(linear_scale(0.81, 0.874, 5)), ElementsAre("0.80", "0.82", "0.84", "0.86", "0.88"));
  EXPECT_THAT(tick_labels(linear_scale(0, 45000, 5)), ElementsAre("0", "10k", "20k", "30k", "40k", "50k"));
  EXPECT_THAT(tick_labels(linear_scale(-1.5, 1.5, 3)), ElementsAre("-2", "-1", "0", "1", "2"));
  EXPECT_THAT(tick_labels(linear_scale(0, 5e-5, 5)), ElementsAre("0", "1e-5", "2e-5", "3e-5", "4e-5", "5e-5"));
}

TEST(LinearScale, TightEndsAtTheValues) {
  const Scale scale = linear_scale(3, 97, 5, true);
  EXPECT_EQ(scale.low, 3);
  EXPECT_EQ(scale.high, 97);
  EXPECT_THAT(scale.ticks, ElementsAre(20, 40, 60, 80));
}

TEST(LinearScale, SurvivesOneValueAndZero) {
  for (const double value : {0.0, 5.0, -3.0, 1e-9, 1e12}) {
    const Scale scale = linear_scale(value, value, 5);
    EXPECT_LT(scale.low, scale.high);
    EXPECT_GE(scale.at(value), 0);
    EXPECT_LE(scale.at(value), 1);
    EXPECT_GE(scale.ticks.size(), 2u);
    EXPECT_LE(scale.ticks.size(), 12u);
  }
}

TEST(LogScale, HasPowersOfTen) {
  EXPECT_THAT(tick_labels(log_scale(1, 2e6)), ElementsAre("1", "10", "100", "1000", "10k", "100k", "1M", "10M"));
  EXPECT_THAT(tick_labels(log_scale(2, 900)), ElementsAre("1", "3", "10", "30", "100", "300", "1000"));
  EXPECT_THAT(tick_labels(log_scale(1e-6, 1e-4)), ElementsAre("1e-6", "3e-6", "1e-5", "3e-5", "0.0001"));
  EXPECT_NEAR(log_scale(1, 100).at(10), 0.5, 1e-12);
}

TEST(ValueText, HasFourDigits) {
  EXPECT_EQ(value_text(0), "0");
  EXPECT_EQ(value_text(0.123456), "0.1235");
  EXPECT_EQ(value_text(12.5), "12.5");
  EXPECT_EQ(value_text(1234567.8), "1,234,568");
  EXPECT_EQ(value_text(2.5e-5), "2.50e-5");
  EXPECT_EQ(value_text(std::nan("")), "none");
}

TEST(LineChart, BreaksAtMissingPointsAndLeavesOutWhatALogAxisCannotShow) {
  const double nan = std::nan("");
  const std::string gap = draw(LineChart{.title = "t", .series = {{"a", {0, 1, 2, 3}, {1, nan, 3, 4}}}});
  EXPECT_THAT(gap, HasSubstr("d=\"M"));
  EXPECT_THAT(gap, Not(HasSubstr("nan")));
  size_t strokes = 0;
  for (const char c : gap.substr(gap.find("d=\""), gap.find("\"/>", gap.find("d=\"")) - gap.find("d=\"")))
    strokes += c == 'M';
  EXPECT_EQ(strokes, 2u);
  EXPECT_THAT(draw(LineChart{.series = {{"a", {0, 1}, {0, 5}}}, .x_log = true, .y_log = true}), Not(HasSubstr("inf")));
}

TEST(LineChart, PutsNoTickBetweenWholeSteps) {
  const std::string epochs = draw(LineChart{.series = {{"a", {1, 2, 3}, {0.5, 0.6, 0.7}}}});
  EXPECT_THAT(epochs, HasSubstr("middle\">2</text>"));
  EXPECT_THAT(epochs, Not(HasSubstr("middle\">1.5")));
}

TEST(LineChart, ThinsLongLinesButKeepsTheirPeaks) {
  Series series{"loss", {}, {}};
  for (int i = 0; i < 100000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 54321 ? 100 : 1);
  }
  const std::string svg = draw(LineChart{.series = {series}});
  EXPECT_LT(svg.size(), 60000u);
  EXPECT_THAT(svg, HasSubstr(" 12 "));  // the peak reaches the top of the drawing
}

TEST(LineChart, DrawsNothingWithoutPoints) {
  EXPECT_THAT(draw(LineChart{.title = "empty", .series = {{"a", {}, {}}}}), HasSubstr("a: no points"));
  EXPECT_THAT(draw(LineChart{.title = "none"}), HasSubstr("<svg"));
  EXPECT_THAT(draw(BarChart{.title = "none"}), HasSubstr("<svg"));
}

TEST(LineChart, SaysWhichSeriesIsUneven) {
  try {
    draw(LineChart{.title = "Loss", .series = {{"train", {1, 2}, {1}}}});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "line chart 'Loss': series 'train' has 2 x and 1 y values");
  }
}

TEST(BarChart, LiesDownWhenNamesAreLong) {
  BarChart chart{.title = "Removed", .categories = {"too short", "repeated", "symbols"}, .series = {{"n", {3, 2, 1}}}};
  EXPECT_THAT(draw(chart), HasSubstr("text-anchor=\"middle\">too short"));
  for (std::string& name : chart.categories) name += " and quite a lot of other reasons to be removed from a corpus";
  EXPECT_THAT(draw(chart), HasSubstr("text-anchor=\"end\">too short"));
}

TEST(Histogram, CountsEveryValueOnce) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(i % 97);
  const BarChart chart = histogram("Lengths", "tokens", values, 20);
  double sum = 0;
  for (const double count : chart.series[0].values) sum += count;
  EXPECT_EQ(sum, 1000);
  EXPECT_EQ(chart.categories.front(), "0");
  EXPECT_EQ(chart.series[0].values.front(), 55);  // 0-4, each 11 times
}

TEST(Report, AlignsNumbersAndTagsLanguages) {
  Report page("Title <&>", "sub");
  page.section("One");
  page.table({.headers = {"reason", "documents", "share"},
              .rows = {{"짧음", "1,234", "4.5 %"}, {"repeat", "12", "0.1 %"}, {"v2/x", "", "-"}}});
  const std::string html = page.html();
  EXPECT_THAT(html, HasSubstr("<title>Title &lt;&amp;&gt;</title>"));
  EXPECT_THAT(html, HasSubstr("<td lang=\"ko\">짧음</td><td class=\"r\">1,234</td><td class=\"r\">4.5 %</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<nav")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

TEST(Report, BeginsWithLinksToManySections) {
  Report page("T");
  for (const char* title : {"A", "B", "C"}) page.section(title);
  EXPECT_THAT(page.html(), HasSubstr("<a href=\"#s2\">B</a>"));
}

// One page with every element and awkward text. tests/e2e/report_test.py asks for it by LMKOR_REPORT_OUT and parses it.
TEST(Report, HoldsEveryElement) {
  Report page("Pretraining: ELECTRA", "60,000 reviews <written> & sold as \"raw\"");
  page.figures(
      {{"loss", "2.314", "from 9.12"}, {"tokens seen", "38.2 M"}, {"tokens per second", "12,400"}, {"time", "14:59"}});
  page.section("Loss");
  page.paragraph("The loss of the generator and of the discriminator, and how far each mask was guessed right.");
  LineChart loss{.title = "Loss by step", .x_label = "step", .y_label = "nats", .note = "Smoothed over 100 steps."};
  for (const char* name : {"generator", "discriminator", "total"}) loss.series.push_back({.name = name});
  for (int step = 0; step <= 3000; step += 10) {
    const double fall = std::exp(-step / 700.0), wave = 0.1 * std::sin(step / 37.0);
    const double values[] = {3 + 6 * fall + wave, 0.3 + 0.3 * fall + wave / 5, 4 + 7 * fall + wave};
    for (int i = 0; i < 3; ++i) {
      loss.series[i].x.push_back(step);
      loss.series[i].y.push_back(values[i]);
    }
  }
  page.line_chart(loss);
  loss.title = "The same by logarithm";
  loss.x_log = loss.y_log = true;
  page.line_chart(loss);
  page.line_chart(
      {.title = "Accuracy on dev", .x_label = "epoch", .series = {{"seed 1", {1, 2, 3}, {0.81, 0.84, 0.838}}}});
  page.section("지워진 것");
  page.table({.headers = {"reason", "documents", "bytes", "share", "example"},
              .rows = {{"exact repeat", "12,345", "1.2 MB", "4.1 %", "정말 재밌어요!!! ㅋㅋㅋ"},
                       {"too short", "1,021", "9.8 kB", "0.3 %", "굿"},
                       {"symbols \x01 only", "88", "1.1 kB", "0.0 %", "<<<>>> & \"'"},
                       {"sum", "13,454", "1.2 MB", "4.4 %"}},
              .caption = "What was taken out and why",
              .last_row_is_total = true});
  page.bar_chart({.title = "Documents by category",
                  .value_label = "documents",
                  .categories = {"film reviews", "가전·디지털", "statutes of the Republic of Korea", "cosmetics"},
                  .series = {{"kept", {64000, 12000, 2537, 900}}, {"removed", {1400, 700, 12, 1}}}});
  page.bar_chart({.title = "Pieces per word",
                  .label = "pieces",
                  .value_label = "words",
                  .categories = {"1", "2", "3", "4", "5 or more"},
                  .series = {{"words", {64000, 31000, 9000, 1200, 60}}},
                  .log = true});
  std::vector<double> lengths;
  for (int i = 0; i < 5000; ++i) lengths.push_back(20 + 60 * std::abs(std::sin(i * 0.7)) * std::abs(std::cos(i * 1.3)));
  page.bar_chart(histogram("Length of documents", "tokens", lengths));
  page.section("Samples");
  page.samples({{"kept", "배송이 빨라서 좋았는데 색이 사진이랑 달라요 ㅠㅠ\n그래도 쓸만합니다."},
                {"removed: spam", "http://example.com <b>SALE</b> \xFF"}});
  page.section("How it was made");
  page.facts({{"device", "cpu"}, {"seed", "1"}, {"commit", "0123456789ab", "dirty"}, {"corpus", "말뭉치/리뷰"}});
  page.code("lmkor pretrain --config recipes/electra-tiny-demo.toml --data shards --output run\n");
  page.links({{"corpus", "corpus/report.html", "what went in"}, {"x", "a.html?b=1&c=\"2\""}});
  const std::string html = page.html();
  EXPECT_EQ(html, page.html());
  if (const char* out = std::getenv("LMKOR_REPORT_OUT")) page.write(out);
}

TEST(Report, IsWrittenWhole) {
  const auto path = std::filesystem::path(testing::TempDir()) / "report_test.html";
  Report page("T");
  page.paragraph("text");
  page.write(path);
  EXPECT_EQ(base::read_file(path), page.html());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace lmkor::report
