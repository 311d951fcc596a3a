#include "lmkor/corpus/pipeline.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/corpus/journal.h"

namespace lmkor::corpus {
namespace {

namespace fs = std::filesystem;

class PipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lmkor-corpus-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    options_.output = (dir_ / "out").string();
  }
  void TearDown() override { fs::remove_all(dir_); }

  void write(const std::string& name, std::string_view bytes) {
    base::write_file_atomic(dir_ / name, bytes);
    options_.input.push_back((dir_ / name).string());
  }
  std::vector<Document> records(const fs::path& path) {
    Reader reader({path}, {});
    std::vector<Document> out;
    Document document;
    while (reader.next(document)) out.push_back(document);
    return out;
  }
  fs::path dir_;
  BuildOptions options_;
};

TEST_F(PipelineTest, KeepsOrderParagraphsAndFieldsAndTellsWhatItRemoved) {
  write("a.jsonl",
        "{\"id\":\"1\",\"category\":\"책\",\"text\":\"이 문장은 처음 나옵니다. 짧다. 이 문장도 처음 나옵니다.\\n둘째 "
        "문단은 이렇게 "
        "남습니다.\",\"n\":3}\n"
        "{\"id\":\"2\",\"text\":\"이 문장은 처음 나옵니다.\"}\n"
        "{\"id\":\"3\",\"text\":\"ㅋㅎㅋㅎ ㅎㅋㅎㅋ ㅋㅋㅎㅎ\"}\n"
        "{\"id\":\"4\",\"text\":\"\"}\n"
        "{\"id\":\"5\",\"text\":\"★★★\"}\n"
        "{\"id\":\"6\",\"text\":\"새로운 문장이 앞에 옵니다!\\n이 문장은  처음 나옵니다.\\n마지막 문단이 여기 "
        "있습니다★\"}\n");
  const BuildResult result = build(options_, 2);
  finish(options_);
  const fs::path out(options_.output);
  const auto docs = records(out / "docs-00000.jsonl.zst");
  ASSERT_EQ(docs.size(), 2u);
  EXPECT_EQ(docs[0].text, "이 문장은 처음 나옵니다. 이 문장도 처음 나옵니다.\n둘째 문단은 이렇게 남습니다.");
  EXPECT_EQ(docs[0].category, "책");
  EXPECT_EQ(docs[0].source, "a");
  EXPECT_EQ(docs[0].extra, "\"n\":3");
  EXPECT_EQ(docs[1].text, "새로운 문장이 앞에 옵니다!\n마지막 문단이 여기 있습니다");

  const auto repeated = records(out / "removed/repeated-00000.jsonl.zst");
  ASSERT_EQ(repeated.size(), 2u);
  EXPECT_EQ(repeated[0].id, "2");
  EXPECT_EQ(repeated[1].text, "이 문장은 처음 나옵니다.");
  EXPECT_EQ(repeated[1].extra, "\"stage\":\"dedup\",\"reason\":\"repeated\"");
  EXPECT_EQ(records(out / "removed/too_short-00000.jsonl.zst").at(0).text, "짧다.");
  EXPECT_EQ(records(out / "removed/useless-00000.jsonl.zst").at(0).id, "3");
  EXPECT_EQ(records(out / "removed/characters-00000.jsonl.zst").at(0).text, "★★★");
  EXPECT_FALSE(fs::exists(out / "state"));
  EXPECT_TRUE(fs::exists(out / "report.html"));

  const Funnel& funnel = result.tally.total;
  EXPECT_EQ(funnel.in.documents, 6);
  EXPECT_EQ(funnel.removed[kEmpty].documents, 1);
  EXPECT_EQ(funnel.removed[kCharacters].documents, 1);
  EXPECT_EQ(funnel.removed[kUseless].documents, 1);
  EXPECT_EQ(funnel.removed[kRepeated].documents, 1);
  EXPECT_EQ(funnel.removed[kRepeated].sentences, 2);
  EXPECT_EQ(funnel.out().documents, 2);
  EXPECT_EQ(funnel.out().bytes, static_cast<int64_t>(docs[0].text.size() + docs[1].text.size()));
}

TEST_F(PipelineTest, SumsOfTheManifestAgree) {
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += "문장 번호는 " + std::to_string(i % 1700) + "번 입니다. 짧음. English only sentence " + std::to_string(i) +
             " here.  좋아요♥\n";
  }
  write("lines.txt", lines);
  options_.part_bytes = 100000;
  const BuildResult result = build(options_, 3);
  const auto sum = [](const base::Json& stage, const char* unit) {
    int64_t total = stage["out"][unit].get<int64_t>();
    for (const auto& [name, amount] : stage["removed"].items()) total += amount[unit].get<int64_t>();
    return total;
  };
  base::Json before;
  for (const base::Json& stage : result.manifest["stages"]) {
    for (const char* unit : {"documents", "bytes"}) {
      EXPECT_EQ(sum(stage, unit), stage["in"][unit].get<int64_t>()) << stage["name"] << unit;
      if (!before.is_null()) {
        EXPECT_EQ(before["out"][unit], stage["in"][unit]);
      }
    }
    before = stage;
  }
  EXPECT_EQ(result.manifest["stages"][0]["in"]["bytes"], result.tally.read.bytes);
  for (const char* groups : {"sources", "categories"}) {
    for (const auto& [name, group] : result.manifest[groups].items()) {
      EXPECT_EQ(sum(group, "bytes"), group["in"]["bytes"].get<int64_t>()) << name;
      EXPECT_EQ(sum(group, "documents"), group["in"]["documents"].get<int64_t>()) << name;
    }
  }
  EXPECT_EQ(before["out"]["documents"], 1700);
  EXPECT_EQ(result.manifest["categories"].begin().key(), "(none)");
}

TEST_F(PipelineTest, EachStepCanBeSwitchedOff) {
  write("a.txt", "짧다♥  정말\n짧다♥  정말\n");
  options_.clean.characters = {"all"};
  options_.clean.collapse_blanks = false;
  options_.clean.max_repeats = 0;
  options_.filter.languages = {"all"};
  options_.filter.min_characters = options_.filter.min_letters = options_.filter.min_distinct = 0;
  options_.filter.min_hangul_share = 0;
  options_.filter.max_symbol_share = 1;
  options_.dedup.exact = false;
  build(options_, 1);
  const auto docs = records(fs::path(options_.output) / "docs-00000.jsonl.zst");
  ASSERT_EQ(docs.size(), 2u);
  EXPECT_EQ(docs[1].text, "짧다♥  정말");
}

TEST_F(PipelineTest, EachReasonKeepsWhatItRemoves) {
  std::string menu = "{\"text\":\"";
  for (int i = 0; i < 12; ++i) menu += "- 김치찌개와 된장찌개 " + std::to_string(i) + "인분\\n";
  write("a.jsonl",
        "{\"text\":\"<p>전화는 010-1234-5678 로 주세요ㅋㅋㅋㅋㅋ</p>\"}\n"
        "{\"text\":\"This document is written in English and nobody asked for it here.\"}\n"
        "{\"text\":\"정말로정말로정말로정말로정말로정말로정말로정말로\"}\n"
        "{\"text\":\"이 멍텅구리야 그만 좀 하라고 했잖아. 지금 바로 상담 신청하세요 무료입니다.\"}\n" +
            menu + "\"}\n");
  base::write_file_atomic(dir_ / "bad.words", "# 욕설\n멍텅구리\n");
  base::write_file_atomic(dir_ / "spam.words", "상담 신청\n");
  options_.filter.profanity = {(dir_ / "bad.words").string()};
  options_.filter.spam = {(dir_ / "spam.words").string()};
  const BuildResult result = build(options_, 2);
  const fs::path removed = fs::path(options_.output) / "removed";
  const auto text_of = [&](const std::string& reason) {
    return records(removed / (reason + "-00000.jsonl.zst")).at(0).text;
  };
  EXPECT_EQ(records(fs::path(options_.output) / "docs-00000.jsonl.zst").at(0).text,
            "전화는 <전화번호> 로 주세요ㅋㅋㅋ");
  EXPECT_EQ(text_of("html"), "<p>\n</p>");
  EXPECT_EQ(text_of("personal_data"), "010-1234-5678");
  EXPECT_EQ(text_of("repeats"), "ㅋㅋㅋㅋㅋ");
  EXPECT_EQ(text_of("language"), "This document is written in English and nobody asked for it here.");
  EXPECT_EQ(text_of("repetitive"), "정말로정말로정말로정말로정말로정말로정말로정말로");
  EXPECT_EQ(text_of("profanity"), "이 멍텅구리야 그만 좀 하라고 했잖아.");
  EXPECT_EQ(text_of("spam"), "지금 바로 상담 신청하세요 무료입니다.");
  EXPECT_TRUE(text_of("list").starts_with("- 김치찌개와 된장찌개 0인분\n"));
  EXPECT_EQ(result.tally.samples[kPersonalData], (std::vector<std::string>{"###-####-####"}));
  EXPECT_EQ(result.tally.details.at({"personal data", "phone"}), 1u);
  EXPECT_EQ(result.tally.details.at({"languages", "en"}), 1u);
  EXPECT_EQ(result.tally.details.at({"languages", "ko"}), 4u);
  EXPECT_EQ(result.tally.details.at({"changed places", "html"}), 2u);
  EXPECT_EQ(result.tally.total.out().documents, 1);
}

TEST_F(PipelineTest, PersonalDataNeedNotBeKept) {
  write("a.txt", "전화는 010-1234-5678 로 주세요\n");
  options_.clean.keep_personal_data = false;
  const BuildResult result = build(options_, 1);
  EXPECT_FALSE(fs::exists(fs::path(options_.output) / "removed/personal_data-00000.jsonl.zst"));
  EXPECT_EQ(result.tally.details.at({"personal data", "phone"}), 1u);
}

TEST_F(PipelineTest, BoilerplateGoesEverywhere) {
  std::string lines;
  for (int i = 0; i < 30; ++i) {
    lines += "{\"text\":\"오늘의 소식 하나를 전해 드립니다 " + std::to_string(i) +
             "\\n둘째 줄에는 다른 이야기가 있다 " + std::to_string(i) +
             "\\n저작권자 무단 전재와 재배포 금지합니다\"}\n";
  }
  lines += "{\"text\":\"저작권자 무단 전재와 재배포 금지합니다\"}\n";  // all that this one says
  write("a.jsonl", lines);
  options_.filter.boilerplate_documents = 30;
  const BuildResult result = build(options_, 3);
  EXPECT_EQ(result.tally.total.removed[kBoilerplate].sentences, 30);
  EXPECT_EQ(result.tally.total.out().documents, 31);
}

TEST_F(PipelineTest, WordListsMustHoldWords) {
  write("a.txt", "이 문장은 충분히 깁니다.\n");
  base::write_file_atomic(dir_ / "empty.words", "# nothing\n\n");
  options_.filter.profanity = {(dir_ / "empty.words").string()};
  try {
    build(options_, 1);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(),
              (dir_ / "empty.words").string() + ": got no word, expected one word a line (# begins a comment)");
  }
}

TEST_F(PipelineTest, AnotherWordListUnderTheSameNameIsRefused) {
  write("a.txt", "이 문장은 충분히 깁니다.\n");
  const std::string list = (dir_ / "spam.words").string();
  base::write_file_atomic(list, "광고\n");
  options_.filter.spam = {list};
  const BuildResult result = build(options_, 1);  // not finished: state/ stays
  EXPECT_EQ(result.manifest["settings_files"][list], base::sha256("광고\n"));
  build(options_, 1);
  base::write_file_atomic(list, "광고\n대출\n");
  try {
    build(options_, 1);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kIncompatible);
    EXPECT_EQ(error.message(),
              options_.output + ": holds an unfinished corpus of another kind: got " + list +
                  " with other content than before; run the command that began it, choose another --output, or add "
                  "--force to begin anew");
  }
}

TEST_F(PipelineTest, AnotherPlanIsRefused) {
  write("a.txt", "이 문장은 충분히 깁니다.\n");
  build(options_, 1);  // not finished: state/ stays
  options_.filter.min_characters = 5;
  try {
    build(options_, 1);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kIncompatible);
    EXPECT_EQ(error.message(),
              options_.output +
                  ": holds an unfinished corpus of another kind: got filter.min_characters = 5, before "
                  "it was 10; run the command that began it, choose another --output, or add --force to "
                  "begin anew");
  }
}

TEST_F(PipelineTest, FailureLeavesNothing) {
  write("a.txt", "\n");
  EXPECT_THROW(build(options_, 1), base::Error);
  EXPECT_FALSE(fs::exists(options_.output));
}

}  // namespace
}  // namespace lmkor::corpus
