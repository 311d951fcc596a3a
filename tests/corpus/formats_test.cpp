// Layouts that are more than a list of records: Modu, Namuwiki, MediaWiki, Markdown, PO.
#include "reader_fixture.h"

namespace lmkor::corpus {
namespace {

using FormatsTest = ReaderTest;

constexpr std::string_view kNews = R"({
  "id": "NIRW1900000001",
  "metadata": {"title": "신문", "category": "신문 > 인터넷 기반 신문", "annotation_level": ["원시"]},
  "document": [
    {"id": "NIRW1900000001.1",
     "metadata": {"title": "제목", "author": "", "date": "20190101", "topic": "생활"},
     "paragraph": [{"id": "NIRW1900000001.1.1", "form": "첫 문단."}, {"id": "NIRW1900000001.1.2", "form": "둘째 문단."}]},
    {"id": "NIRW1900000001.2", "metadata": {}, "paragraph": [{"id": "x", "form": "셋째."}]}
  ]
})";

TEST_F(FormatsTest, ModuNewspaper) {
  const auto documents = read({write("NIRW1900000001.json", kNews)});
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].text, "첫 문단.\n둘째 문단.");
  EXPECT_EQ(documents[0].id, "NIRW1900000001.1");
  EXPECT_EQ(documents[0].source, "modu-newspaper");
  EXPECT_EQ(documents[0].category, "생활");
  EXPECT_EQ(documents[0].date, "20190101");
  EXPECT_EQ(documents[0].extra,
            R"("title":"제목","author":"","corpus":{"id":"NIRW1900000001","metadata":{"title":"신문",)"
            R"("category":"신문 > 인터넷 기반 신문","annotation_level":["원시"]}})");
  EXPECT_EQ(documents[1].category, "신문 > 인터넷 기반 신문");
}

std::string talk(std::string_view id) {
  return std::string(R"({"id": ")").append(id).append(R"(", "metadata": {"category": "대화"}, "document": [
    {"id": "d", "metadata": {"topic": "일상"}, "utterance": [
      {"id": "1", "form": "그래서", "original_form": "그래서", "speaker_id": "P1", "time": "12:00"},
      {"id": "2", "form": "갔어요.", "original_form": "갔어여.", "speaker_id": "P1", "time": "12:00"},
      {"id": "3", "form": "", "original_form": "", "speaker_id": "P2", "time": "12:01"},
      {"id": "4", "form": "네.", "original_form": "네.", "speaker_id": "P2", "time": "12:01"}]}]})");
}

TEST_F(FormatsTest, ModuTalk) {
  const auto messenger = read({write("a.json", talk("MDRW1900000001"))});
  EXPECT_EQ(messenger.at(0).text, "그래서\n갔어요.\n네.");
  EXPECT_EQ(messenger[0].source, "modu-messenger");
  EXPECT_NE(messenger[0].extra.find(R"({"id":"2","original_form":"갔어여.","speaker_id":"P1","time":"12:00"})"),
            std::string::npos)
      << messenger[0].extra;
  // In the spoken corpora a turn comes in pieces.
  EXPECT_EQ(read({write("b.json", talk("SDRW1900000001"))}).at(0).text, "그래서 갔어요.\n네.");
  EXPECT_EQ(read({write("c.json", talk("EBRW1900000001"))}).at(0).source, "modu-web");
  EXPECT_EQ(read({write("d.json", talk("WARW1900000001"))}).at(0).source, "modu-written");
  EXPECT_EQ(read({write("e.json", talk("other"))}).at(0).source, "e");
}

TEST_F(FormatsTest, ModuFaults) {
  const auto file = write("m.json", R"({"id": "M", "document": [{"id": "1"}, {"id": "2", "paragraph": [{"id": "1"}]},
    {"id": "3", "paragraph": [{"form": "글"}, {"form": 4}]}]})");
  const auto documents = read({file}, tolerant());
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(stats_.bad_records, 2u);
  EXPECT_EQ(stats_.repaired_records, 1u);
  EXPECT_EQ(stats_.bad_samples.at(0), file.string() +
                                          ":1: broken record: got a document without paragraphs, expected an array "
                                          "\"paragraph\", \"utterance\", \"sentence\"");
  EXPECT_EQ(stats_.bad_samples.at(1),
            file.string() + ":1: broken record: got a paragraph without text, expected a string in field \"form\"");
  const auto cut = write("cut.json", kNews.substr(0, kNews.size() - 4));
  EXPECT_EQ(error_of({cut}), cut.string() +
                                 ":9: broken JSON array: got the end of the file, expected ']'; fetch the file again, "
                                 "it was cut off");
}

TEST_F(FormatsTest, Namuwiki) {
  const auto file =
      write("namu.json", R"([{"namespace": "0", "title": "가", "text": "'''가'''는 글이다.", "contributors": ["x"]},
    {"namespace": "0", "title": "나", "text": "#redirect 가", "contributors": []},
    {"namespace": "1", "title": "틀:다", "text": "틀", "contributors": []},
    {"namespace": 0, "title": "라", "text": 5}])");
  const auto documents = read({file}, tolerant());
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].text, "가는 글이다.");
  EXPECT_EQ(documents[0].extra, R"("namespace":"0","title":"가","contributors":["x"])");
  EXPECT_EQ(stats_.skipped, (std::map<std::string, uint64_t>{{"page of namespace 1", 1}, {"redirect", 1}}));
  EXPECT_EQ(stats_.bad_records, 1u);
  ReadOptions more = tolerant();
  more.namespaces = {"0", "1"};
  EXPECT_EQ(read({file}, more).size(), 2u);
}

std::string page(std::string_view ns, std::string_view id, std::string_view text, std::string_view more = "") {
  return std::string("  <page>\n    <title>제목 ")
      .append(id)
      .append("</title>\n    <ns>")
      .append(ns)
      .append("</ns>\n    <id>")
      .append(id)
      .append("</id>\n")
      .append(more)
      .append(
          "    <revision>\n      <id>9</id>\n      <timestamp>2024-01-01T00:00:00Z</timestamp>\n"
          "      <contributor><username>사용자</username><id>1</id></contributor>\n"
          "      <model>wikitext</model>\n      <text bytes=\"1\">")
      .append(text)
      .append("</text>\n    </revision>\n  </page>\n");
}
constexpr std::string_view kDumpHead =
    "<mediawiki version=\"0.11\">\n  <siteinfo>\n    <dbname>kowiki</dbname>\n  </siteinfo>\n";

TEST_F(FormatsTest, Mediawiki) {
  const auto file = write(
      "dump.xml.zst", std::string(kDumpHead) + page("0", "1", "'''가''' &amp;lt;나&amp;gt; &lt;b&gt;다&lt;/b&gt;") +
                          page("0", "2", "", "    <redirect title=\"가\" />\n") + page("0", "3", "#넘겨주기 [[가]]") +
                          page("1", "4", "토론") + page("0", "5", "") + "</mediawiki>\n");
  const auto documents = read({file});
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].text, "가 <나> 다");
  EXPECT_EQ(documents[0].id, "1");
  EXPECT_EQ(documents[0].source, "kowiki");
  EXPECT_EQ(documents[0].date, "2024-01-01T00:00:00Z");
  EXPECT_EQ(documents[0].extra, R"("title":"제목 1","revision":"9")");
  EXPECT_EQ(documents[1].text, "");
  EXPECT_EQ(stats_.skipped, (std::map<std::string, uint64_t>{{"page of namespace 1", 1}, {"redirect", 2}}));
}

TEST_F(FormatsTest, BrokenPagesAreBrokenRecords) {
  const auto file =
      write("dump.xml", std::string(kDumpHead) + page("0", "1", "하나") + page("0", "2", "<b>둘") +
                            "  <page>\n    <title>끝이 없는</title>\n" + page("0", "3", "셋") + "</mediawiki>\n");
  const auto documents = read({file}, tolerant());
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[1].text, "셋");
  ASSERT_EQ(stats_.bad_samples.size(), 2u);
  EXPECT_EQ(stats_.bad_samples[0],
            file.string() +
                ":17: broken record: got broken XML (mismatched tag on line 10 of the page), expected a "
                "well-formed <page>");
  EXPECT_EQ(stats_.bad_samples[1],
            file.string() + ":29: broken record: got a page without an end, expected </page> before the next <page>");

  const auto cut = write("cut.xml", std::string(kDumpHead) + page("0", "1", "하나"));
  EXPECT_EQ(error_of({cut}), cut.string() +
                                 ":16: broken MediaWiki dump: got the end of the file, expected </mediawiki>; fetch "
                                 "the file again, it was cut off");
  const auto inside = write("inside.xml", std::string(kDumpHead) + "<page><title>가");
  EXPECT_EQ(error_of({inside}), inside.string() +
                                    ":5: broken MediaWiki dump: got the end of the file, expected </page>; fetch the "
                                    "file again, it was cut off");
  const auto other = write("other.xml", "<rss><item>글</item></rss>");
  EXPECT_EQ(error_of({other}), other.string() +
                                   ":1: no MediaWiki dump: got \"<rss><item>글</item></rss>\", expected <mediawiki> "
                                   "as the outermost element; turn other XML into JSON Lines");
}

TEST_F(FormatsTest, Markdown) {
  const auto documents = read({write("law/civil.md",
                                     "---\r\ntitle: '민법'\r\ndate: 2026-03-17\r\n부처:\r\n- 법무부\r\n- 다른 부\r\n"
                                     "빈칸: ''\r\n---\r\n\r\n# 민법\r\n\r\n**①** 글\r\n")});
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].text, "민법\n① 글");
  EXPECT_EQ(documents[0].id, "law/civil.md");
  EXPECT_EQ(documents[0].source, "law");
  EXPECT_EQ(documents[0].date, "2026-03-17");
  EXPECT_EQ(documents[0].extra, R"("title":"민법","부처":"법무부, 다른 부","빈칸":"")");
  EXPECT_EQ(text_of(write("open.md", "---\n글\n")), "글");
}

TEST_F(FormatsTest, Po) {
  const auto file = write("lib/a.po", R"(# 머리
msgid ""
msgstr ""
"Project-Id-Version: 시험\n"
"date: 2024\n"

#: a.rst:1
msgid "Classes"
msgstr "클래스"

#, fuzzy
msgid "guess"
msgstr "추측"

msgid "none"
msgstr ""
msgctxt "메뉴"
msgid ""
"two "
"lines"
msgstr ""
"두 \"줄\"\n"
"이다"

msgid "one"
msgid_plural "many"
msgstr[0] "하나"
msgstr[1] "여럿"

#~ msgid "old"
#~ msgstr "옛것"
)");
  const auto documents = read({file});
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].text, "클래스\n두 \"줄\"\n이다\n하나\n여럿");
  EXPECT_EQ(documents[0].date, "2024");
  EXPECT_EQ(documents[0].extra, R"("Project-Id-Version":"시험","fuzzy_messages":1,"untranslated_messages":1)");
  const auto broken = write("b.po", "msgid \"a\"\nmsgstr \"가\n나\n\nmsgid \"b\"\nmsgstr \"다\"\n");
  EXPECT_EQ(read({broken}, tolerant()).at(0).text, "다");
  EXPECT_EQ(stats_.bad_samples.at(0), broken.string() +
                                          ":1: broken record: got a broken message on line 2 of the file, expected "
                                          "msgid, msgstr or a quoted string");
}

TEST_F(FormatsTest, FieldsAreFilledByPath) {
  write("kim/a.txt", "하나\n");
  write("lee/b.jsonl", "{\"text\": \"둘\", \"donor\": \"박\"}\n{\"text\": \"셋\"}\n");
  ReadOptions options;
  const std::string root = dir_.path().string();
  options.fill = {root + "/kim:donor=kim", root + "/lee/:donor=lee", "licence=CC BY 4.0"};
  const auto documents = read({dir_.path() / "kim/a.txt", dir_.path() / "lee/b.jsonl"}, options);
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[0].donor, "kim");
  EXPECT_EQ(documents[1].donor, "박");
  EXPECT_EQ(documents[2].donor, "lee");
  EXPECT_EQ(documents[2].licence, "CC BY 4.0");
  options.fill = {"donr=x", "donor"};
  config::Faults faults;
  options.check(faults);
  ASSERT_EQ(faults.texts().size(), 2u);
  EXPECT_EQ(faults.texts()[0],
            "fill: got field \"donr\" in \"donr=x\", expected one of text, id, source, category, donor, licence, date; "
            "did you mean \"donor\"?");
  EXPECT_EQ(faults.texts()[1], "fill: got \"donor\", expected FIELD=VALUE or PATH:FIELD=VALUE, such as donor=kim");
}

}  // namespace
}  // namespace lmkor::corpus
