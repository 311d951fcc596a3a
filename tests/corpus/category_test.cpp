#include "lmkor/corpus/category_train.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "lmkor/corpus/pipeline.h"
#include "temporary_folder.h"

namespace lmkor::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFood[] = {"김치찌개", "맛있는", "식당", "반찬", "국물", "요리", "매콤한", "고기"};
constexpr std::string_view kLaw[] = {"법률", "조항", "시행령", "벌칙", "허가", "신고", "규정", "의무"};
constexpr std::string_view kCommon[] = {"오늘", "그리고", "정말", "여기", "다시", "합니다", "있다", "때문에"};

std::string sentence(const base::Random& random, uint64_t& at, std::span<const std::string_view> topic) {
  std::string out;
  for (int i = 0; i < 12; ++i) {
    const auto words = random.below(at++, 2) == 0 ? topic : std::span<const std::string_view>(kCommon);
    out += std::string(words[random.below(at++, words.size())]) + " ";
  }
  return out;
}

class CategoryTest : public testing::Test {
 protected:
  // 300 documents of each kind, every second of them with its category where `labelled`.
  void SetUp() override {
    const base::Random random(1, base::RandomUse::kGenerate);
    uint64_t at = 0;
    std::string lines;
    for (int i = 0; i < 600; ++i) {
      const bool food = i % 2 == 0;
      lines += "{\"text\":\"" + sentence(random, at, food ? std::span<const std::string_view>(kFood) : kLaw) +
               "\",\"category\":\"" + (food ? "food" : "law") + "\"}\n";
    }
    dir_.write("docs.jsonl", lines);
  }
  base::Json train(const std::string& name, CategoryTrainOptions options, int threads) {
    fs::create_directories(dir_.path() / name);
    return train_categories({dir_.path() / "docs.jsonl"}, {}, options, 1, threads, dir_.path() / name);
  }
  TemporaryFolder dir_;
};

TEST_F(CategoryTest, LearnsLabelsTheSameWithAnyNumberOfThreads) {
  const base::Json summary = train("a", {}, 1);
  EXPECT_EQ(summary["labels"], (base::Json{"food", "law"}));
  EXPECT_GT(summary["held_out"]["macro_f1"].get<double>(), 0.95);
  EXPECT_EQ(train("b", {}, 3), summary);
  EXPECT_EQ(base::read_file(dir_.path() / "a/weights.bin"), base::read_file(dir_.path() / "b/weights.bin"));
  EXPECT_FALSE(fs::exists(dir_.path() / "a/training-lines.txt"));

  const CategoryModel model = CategoryModel::load(dir_.path() / "a");
  const auto guess = model.guess("국물이 매콤한 김치찌개 식당", 0.5);
  EXPECT_EQ(guess.category, "food");
  EXPECT_GT(guess.confidence, 0.5);
  EXPECT_EQ(model.guess("국물이 매콤한 김치찌개 식당", 1.0).category, "other");
  EXPECT_EQ(model.guess("!!!", 0.1).category, "other");
}

TEST_F(CategoryTest, ListsOfWordsGiveLabels) {
  dir_.write("맛집.txt", "김치찌개\n식당\n반찬\n국물\n");
  dir_.write("법.txt", "법률\n조항\n벌칙\n허가\n");
  CategoryTrainOptions options;
  options.words = {(dir_.path() / "맛집.txt").string(), (dir_.path() / "법.txt").string()};
  const base::Json summary = train("words", options, 2);
  EXPECT_TRUE(summary["categories"].contains("맛집"));
  EXPECT_TRUE(summary["categories"].contains("법"));
  EXPECT_GT(summary["held_out"]["accuracy"].get<double>(), 0.9);
}

TEST_F(CategoryTest, BuildGivesCategoriesToDocumentsWithoutOne) {
  train("model", {}, 1);
  dir_.write("raw.jsonl",
             "{\"text\":\"국물이 매콤한 김치찌개 식당에서 고기 반찬\",\"n\":1}\n"
             "{\"text\":\"법률 조항과 시행령 규정에 따른 신고 의무\"}\n"
             "{\"text\":\"법률 조항과 시행령 벌칙에 따른 허가 규정\",\"category\":\"news\"}\n");
  BuildOptions build_options;
  build_options.input = {(dir_.path() / "raw.jsonl").string()};
  build_options.output = (dir_.path() / "corpus").string();
  build_options.category.categories = (dir_.path() / "model").string();
  const BuildResult result = build(build_options, 2);
  Reader reader({dir_.path() / "corpus/docs-00000.jsonl.zst"}, {});
  Document document;
  ASSERT_TRUE(reader.next(document));
  EXPECT_EQ(document.category, "food");
  EXPECT_TRUE(document.extra.starts_with("\"n\":1,\"category_confidence\":")) << document.extra;
  ASSERT_TRUE(reader.next(document));
  EXPECT_EQ(document.category, "law");
  ASSERT_TRUE(reader.next(document));
  EXPECT_EQ(document.category, "news");  // what it came with
  EXPECT_EQ(document.extra, "");
  EXPECT_EQ(result.tally.details.at({"categories given and told", "news > law"}), 1u);
  EXPECT_EQ(result.manifest["categories"]["food"]["out"]["documents"], 1);
}

TEST_F(CategoryTest, TooFewCategoriesAreAnError) {
  CategoryTrainOptions options;
  options.min_documents = 400;
  EXPECT_EQ(error_text(base::ErrorKind::kData, [&] { train("none", options, 1); }),
            "categories: got 0 with 400 documents or more, expected at least two; name the field by --map "
            "category=NAME or give lists of words by --words");
}

TEST(Category, FeaturesAreWords) {
  EXPECT_EQ(category_features("Hello, 세계! 2024년ㅋㅋ (끝)"), "hello 세계 0000년ㅋㅋ 끝");
  EXPECT_EQ(category_features("..."), "");
}

TEST(Category, MissingModelSaysWhatIsExpected) {
  EXPECT_EQ(error_text(base::ErrorKind::kNotFound, [] { CategoryModel::load("/no/such/model"); }),
            "/no/such/model: no category model: got no weights.bin, expected a folder that lmkor corpus "
            "train-categories wrote");
}

TEST(Category, ConfusionGivesF1) {
  Confusion confusion({"a", "b"});
  for (int i = 0; i < 8; ++i) confusion.add("a", i < 6 ? "a" : "b");
  for (int i = 0; i < 2; ++i) confusion.add("b", i < 1 ? "b" : "other");
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 0.7);
  EXPECT_DOUBLE_EQ(confusion.macro_f1(), (12.0 / 14 + 2.0 / 5) / 2);
  EXPECT_EQ(confusion.to_json()["a"]["b"], 2);
}

}  // namespace
}  // namespace lmkor::corpus
