#include "lmkor/corpus/reader.h"

#include "reader_fixture.h"

namespace lmkor::corpus {
namespace {

namespace fs = std::filesystem;

TEST_F(ReaderTest, TextLineIsADocument) {
  const auto documents = read({write("news.txt.zst", "\xEF\xBB\xBF첫째 줄\r\n\n  \n둘째 줄")});
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].text, "첫째 줄");
  EXPECT_EQ(documents[0].id, "news:1");
  EXPECT_EQ(documents[0].source, "news");
  EXPECT_EQ(documents[1].text, "둘째 줄");
  EXPECT_EQ(documents[1].id, "news:2");
}

TEST_F(ReaderTest, CsvHasQuotesLineBreaksMarkAndReturns) {
  ReadOptions options;
  options.map = {"text=본문", "id=번호", "category=분야"};
  const auto documents = read({write("p.csv",
                                     "\xEF\xBB\xBF\"번호\",\"분야\",\"제목\",\"본문\"\r\n"
                                     "\"510\",\"육아\",\"제목, 하나\",\"안녕하세요.\n그는 \"\"네\"\"라고\r\n했다.\"\r\n"
                                     "511,교육,둘,짧은 글\r\n")},
                              options);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].text, "안녕하세요.\n그는 \"네\"라고\r\n했다.");
  EXPECT_EQ(documents[0].id, "510");
  EXPECT_EQ(documents[0].category, "육아");
  EXPECT_EQ(documents[0].extra, "\"제목\":\"제목, 하나\"");
  EXPECT_EQ(documents[1].text, "짧은 글");
}

TEST_F(ReaderTest, QuestionAndAnswerAreOneDocument) {
  const auto documents = read({write("dialogue.csv", "Q,A,label\n12시 땡!,하루가 또 가네요.,0\n")});
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].text, "12시 땡!\n하루가 또 가네요.");
  EXPECT_EQ(documents[0].extra, "\"label\":\"0\"");
}

TEST_F(ReaderTest, TsvWithoutQuotes) {
  ReadOptions options;
  options.quotes = "none";
  const auto documents = read({write("r.tsv", "id\tdocument\tlabel\n1\t\"최고\t1\n2\t별로\t0\n")}, options);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].text, "\"최고");
}

TEST_F(ReaderTest, CsvFaultsAreClear) {
  const fs::path no_text = write("a.csv", "번호,제목\n1,글\n");
  EXPECT_EQ(error_of({no_text}), no_text.string() +
                                     ":1: no column of text: got columns 번호, 제목; expected one of text, document, "
                                     "review, content, sentence, comment, form, 본문, 내용, 문장; name it with --map "
                                     "text=COLUMN");
  // Only the row of the quote is lost.
  const fs::path open = write("b.csv", "text,n\n앞,0\n\"글,1\n둘,2\n셋,3\n");
  const auto documents = read({open}, tolerant());
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[1].text, "둘");
  EXPECT_EQ(documents[2].text, "셋");
  EXPECT_EQ(stats_.bad_samples.at(0),
            open.string() +
                ":3: broken record: got a quoted field without an end, expected a closing quote (--quotes none if "
                "quotes are plain characters)");
  const std::string filler = std::string(1500, 'x') + ",1\n";
  std::string many = "text,n\n";
  for (int i = 0; i < 120; ++i) many += "\"글,1\n" + filler + filler;
  const fs::path all_open = write("d.csv", many);
  ReadOptions options = tolerant();
  options.max_record_bytes = 2000;
  EXPECT_EQ(error_of({all_open}, options),
            all_open.string() +
                ":302: quoted fields without an end: got more than 100, expected closing quotes; add --quotes none if "
                "quotes are plain characters in this file");
  const fs::path columns = write("c.csv", "text,n\n글,1,2\n");
  EXPECT_EQ(error_of({columns}), columns.string() +
                                     ":2: broken record: got 3 columns, expected 2 columns; 1 of 1 records are broken, "
                                     "more than --max-bad-share 0.01; mend the input or raise it");
}

TEST_F(ReaderTest, JsonArrayStreams) {
  std::string array = "[\n";
  for (int i = 0; i < 20000; ++i) {
    array += (i > 0 ? ",\n" : "");
    array += "  {\"review\": \"[감상] 영화 \\\"" + std::to_string(i) +
             "\\\" }\", \"rating\": 10, \"tags\": [\"a\", {\"b\": 1}]}";
  }
  const auto documents = read({write("r.json", array + "\n]\n")});
  ASSERT_EQ(documents.size(), 20000u);
  EXPECT_EQ(documents[19999].text, "[감상] 영화 \"19999\" }");
  EXPECT_EQ(documents[19999].id, "r:20000");
  EXPECT_EQ(documents[0].extra, "\"rating\":10,\"tags\":[\"a\",{\"b\":1}]");

  const fs::path cut = write("cut.json", array.substr(0, array.size() - 10));
  EXPECT_EQ(error_of({cut}), cut.string() +
                                 ":20001: broken JSON array: got the end of the file inside an element, expected ']'; "
                                 "fetch the file again, it was cut off");
}

TEST_F(ReaderTest, JsonLinesKeepKnownAndOtherFields) {
  const auto documents =
      read({write("x.jsonl.zst",
                  "{\"id\": 7, \"source\": \"s\", \"category\": null, \"licence\": \"CC0\", \"text\": "
                  "\"가\\n나\", \"title\": \"제\\\"목\", \"n\": 1.5}\n")});
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].id, "7");
  EXPECT_EQ(documents[0].source, "s");
  EXPECT_EQ(documents[0].text, "가\n나");
  std::string line;
  append_record(line, documents[0], documents[0].text);
  EXPECT_EQ(
      line,
      "{\"text\":\"가\\n나\",\"id\":\"7\",\"source\":\"s\",\"licence\":\"CC0\",\"title\":\"제\\\"목\",\"n\":1.5}\n");
}

TEST_F(ReaderTest, BadRecordsAreCountedAndBounded) {
  const std::string bytes =
      "{\"text\": \"하나\"}\n{\"text\": \"둘\"\n{\"title\": \"셋\"}\n{\"text\": 4}\n\n{\"text\": \"다\xFF섯\"}\n[1]\n";
  const fs::path file = write("b.jsonl", bytes);
  ReadOptions options;
  options.max_bad_share = 1;
  const auto documents = read({file}, options);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[1].text, "다\xEF\xBF\xBD섯");
  EXPECT_EQ(stats_.bad_records, 4u);
  EXPECT_EQ(stats_.repaired_records, 1u);
  ASSERT_EQ(stats_.bad_samples.size(), 5u);
  EXPECT_EQ(stats_.bad_samples[1], file.string() +
                                       ":3: broken record: got no field \"text\", expected a string in field \"text\" "
                                       "(--map text=NAME if it has another name)");
  EXPECT_EQ(stats_.bad_samples[3],
            file.string() + ":6: broken record: got broken UTF-8 at byte 14 of the record, expected valid UTF-8");

  options.max_bad_share = 0.5;
  EXPECT_NE(error_of({file}, options)
                .find("; 5 of 6 records are broken, more than --max-bad-share 0.5; mend the input "
                      "or raise it"),
            std::string::npos);
  options.max_bad_share = 1;
  options.invalid_utf8 = "error";
  EXPECT_EQ(error_of({file}, options),
            file.string() +
                ":6: got broken UTF-8 at byte 14 of the record, expected valid UTF-8; name the encoding of the file "
                "(--encoding cp949) or use --invalid-utf8 replace");
}

TEST_F(ReaderTest, EmptyAndForeignInput) {
  const fs::path empty = write("empty.txt", "\n\n");
  EXPECT_EQ(error_of({empty}), empty.string() + ": empty input: got no record, expected at least one document");
}

TEST_F(ReaderTest, MapIsChecked) {
  ReadOptions options;
  options.map = {"txt=review", "text"};
  config::Faults faults;
  options.check(faults);
  ASSERT_EQ(faults.texts().size(), 2u);
  EXPECT_EQ(faults.texts()[0],
            "map: got field \"txt\" in \"txt=review\", expected one of text, id, source, category, donor, licence, "
            "date; did you mean "
            "\"text\"?");
  EXPECT_EQ(faults.texts()[1], "map: got \"text\", expected FIELD=NAME, such as text=review");
}

TEST_F(ReaderTest, CorpusFolderIsItsDocuments) {
  write("docs-00000.jsonl.zst", "{\"text\":\"가\"}\n");
  write("manifest.json", "{}");
  write("run.toml", "");
  const auto files = list_text_inputs({dir_.path().string()});
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].filename(), "docs-00000.jsonl.zst");
}

}  // namespace
}  // namespace lmkor::corpus
