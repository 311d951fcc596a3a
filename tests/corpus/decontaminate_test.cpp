#include "lmkor/corpus/decontaminate.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/corpus/refine.h"
#include "temporary_folder.h"

namespace lmkor::corpus {
namespace {

class ContaminationTest : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view text) {
    const auto path = folder_.path() / name;
    base::make_directories(path.parent_path());
    base::write_file_atomic(path, text);
    return path.string();
  }

  // Text and kind of what is found in a document of these sentences ("\n" before one begins a paragraph), and which
  // sentences are marked.
  using Found = std::vector<std::pair<std::string, Contamination>>;
  std::pair<Found, std::vector<int>> find(const std::vector<std::string>& sentences,
                                          const std::vector<std::string>& paths) {
    const auto examples = std::make_shared<const TaskExamples>(paths);
    std::string text;
    std::vector<Piece> pieces;
    for (const std::string& sentence : sentences) {
      const bool paragraph = sentence.starts_with('\n');
      if (!text.empty()) text += paragraph ? '\n' : ' ';
      const std::string own = sentence.substr(paragraph);
      pieces.push_back({static_cast<uint32_t>(text.size()),
                        static_cast<uint32_t>(own.size()),
                        text.empty() ? '\0'
                        : paragraph  ? '\n'
                                     : ' ',
                        {}});
      text += own;
    }
    std::vector<ContaminationHit> hits;
    ContaminationFinder({}, examples).find(text, pieces, hits);
    Found found;
    for (const auto& hit : hits) found.emplace_back(examples->examples()[hit.example].text, hit.kind);
    std::vector<int> marked;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].contaminated) marked.push_back(static_cast<int>(i));
    }
    return {found, marked};
  }

  TemporaryFolder folder_;
};

TEST_F(ContaminationTest, AnExampleIsASentenceAParagraphOrADocument) {
  const std::string file = write(
      "nsmc/test.tsv", "id\tdocument\tlabel\n1\t이 영화 정말, 재밌다!\t1\n2\t굿\t1\n3\t첫 문장이다. 둘째 문장.\t0\n");
  using enum Contamination;
  EXPECT_EQ(find({"다른 말.", "이영화 정말 재밌다", "또 다른 말."}, {file}),
            std::pair(Found{{"이 영화 정말, 재밌다!", kExact}}, std::vector<int>{1}));
  EXPECT_EQ(find({"제목", "\n첫 문장이다.", "둘째 문장", "\n끝"}, {file}),
            std::pair(Found{{"첫 문장이다. 둘째 문장.", kExact}}, std::vector<int>({1, 2})));
  EXPECT_EQ(find({"첫 문장이다.", "\n둘째 문장"}, {file}).second, std::vector<int>({0, 1}));
  EXPECT_EQ(find({"굿!"}, {file}), std::pair(Found{{"굿", kExact}}, std::vector<int>{0}));
  EXPECT_TRUE(find({"굿모닝 인사를 한다"}, {file}).first.empty());
}

TEST_F(ContaminationTest, LongRunsAndNearTextsAreFound) {
  const std::string passage =
      "한국어 위키백과에서 가져온 긴 지문이 여기에 있는데, 이것은 시험에 나오는 글이라서 말뭉치에 들어 있으면 안 "
      "된다고 한다.";
  const std::string file =
      write("korquad/dev.json", "{\"data\":[{\"paragraphs\":[{\"context\":\"" + passage +
                                    "\",\"qas\":[{\"question\":\"무엇이 들어 있으면 안 되는가요?\","
                                    "\"answers\":[{\"text\":\"시험에 나오는 글\"}]}]}]}]}");
  using enum Contamination;
  // A stretch of 40 letters and more, the rest is another text.
  EXPECT_EQ(find({"앞말이 온다.",
                  "어떤 위키백과에서 가져온 긴 지문이 여기에 있는데, 이것은 시험에 나오는 글이라서 말뭉치에 들어 "
                  "있으면 안 된다고 썼더라."},
                 {file}),
            std::pair(Found{{passage, kNgram}}, std::vector<int>{1}));
  // One letter in some places is another, so that no run is long, but most windows stand there.
  EXPECT_EQ(find({"무엇이 들어 있으면 안 되는가요", "아무 말"}, {file}).first,
            (Found{{"무엇이 들어 있으면 안 되는가요?", kExact}}));
  EXPECT_EQ(find({"도대체 무엇이 들어 있으면 안 되는가요, 알려 주세요"}, {file}).first,
            (Found{{"무엇이 들어 있으면 안 되는가요?", kNear}}));
  EXPECT_TRUE(find({"무엇이 들어 있으면 좋을까 하고 물었더니 다르게 말했다"}, {file}).first.empty());
}

TEST_F(ContaminationTest, FoldersOfTasksGiveTestAndDevParts) {
  write("tasks/ner/dev.tsv", "이 문장에는 이름표가 없다\tO O O\n둘째 줄이다\tO O\n");
  write("tasks/ner/train.tsv", "훈련에 쓰는 문장이다\tO O\n");
  write("tasks/nli/test.tsv", "sentence1\tsentence2\tgold_label\n앞 문장\t뒤 문장\tneutral\n");
  write("tasks/nli/readme.md", "설명");
  write("tasks/qa/dev.jsonl", "{\"question\":\"왜?\",\"answer\":\"그냥\"}\n");
  const TaskExamples examples({(folder_.path() / "tasks").string()});
  EXPECT_EQ(examples.tasks(), (std::vector<std::string>{"ner", "nli", "qa"}));
  std::vector<std::string> texts;
  for (const TaskExample& example : examples.examples()) texts.push_back(example.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"이 문장에는 이름표가 없다", "둘째 줄이다", "앞 문장", "뒤 문장", "왜?"}));
  EXPECT_EQ(examples.examples()[1].row, 2u);
  EXPECT_EQ(examples.examples()[2].file, "test.tsv");
}

TEST_F(ContaminationTest, PathsThatHoldNothingAreErrors) {
  const std::string none = (folder_.path() / "none").string();
  EXPECT_EQ(error_text(base::ErrorKind::kNotFound, [&] { TaskExamples({none}); }),
            "--decontaminate " + none + ": no such file or folder");
  write("empty/notes.md", "x");
  const std::string empty = (folder_.path() / "empty").string();
  EXPECT_EQ(error_text(base::ErrorKind::kData, [&] { TaskExamples({empty}); }),
            "--decontaminate " + empty +
                ": no example: got no file of test or dev examples, expected .tsv, .txt, .jsonl, .json with columns or "
                "members such as sentence1, document, question");
}

}  // namespace
}  // namespace lmkor::corpus
