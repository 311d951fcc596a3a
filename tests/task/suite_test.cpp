#include <algorithm>
#include <fstream>
#include <set>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/published.h"
#include "lmkor/task/resample.h"
#include "lmkor/task/score_table.h"
#include "lmkor/task/search.h"
#include "lmkor/task/splits.h"

namespace lmkor::task {
namespace {

using base::ErrorKind;
using base::str;
namespace fs = std::filesystem;

TEST(Published, AreScoresOfKnownTasksWithASource) {
  std::string letters;
  for (const PublishedSource& source : published_sources()) letters += source.letter;
  std::set<std::string> names;
  size_t cells = 0;
  for (const PublishedModel& model : published_models()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_EQ(std::string(model.sources).find_first_not_of(letters), std::string::npos);
    for (const PublishedCell& cell : model.cells) {
      find_task(cell.task);  // throws where there is none
      EXPECT_TRUE(cell.score > 0.5 && cell.score < 1) << model.name << " " << cell.task;
      ++cells;
    }
  }
  EXPECT_EQ(names.size(), 17u);
  EXPECT_EQ(cells, 17u * 8 - 2 - 5 - 1);  // KcBERT's hate speech, five KorQuAD, one KorNLI
}

// A finished run whose predictions are right in `right` of 400 examples.
fs::path write_run(const std::string& name, size_t right, const std::vector<std::string>& ids) {
  const fs::path folder = data::fresh_folder(name);
  fs::create_directories(folder / "predictions");
  std::ofstream file(folder / "predictions/test-seed1.jsonl");
  for (size_t i = 0; i < ids.size(); ++i)
    file << R"({"id":")" << ids[i] << R"(","gold":"1","prediction":")" << (i < right)
         << R"(","scores":{"0":0.5,"1":0.5}})"
         << "\n";
  const double mean = static_cast<double>(right) / static_cast<double>(ids.size());
  const auto rows = [&](size_t count) { return base::Json{{"examples", count}}; };
  base::write_json(
      folder / "results.json",
      {{"runs", {{{"seed", 1}}}},
       {"data", {{"train", rows(150'000)}, {"dev", rows(10)}, {"test", rows(ids.size())}}},
       {"test", {{"mean", mean}, {"std", 0.0}, {"ci95", {mean, mean}}, {"seeds", {mean}}, {"sampling_error", 0.01}}}});
  return folder;
}

TEST(ScoreTable, MarksAllThatDoNotDifferFromTheBest) {
  std::vector<std::string> ids;
  for (int i = 0; i < 400; ++i) ids.push_back(str(i));
  const Task& nsmc = find_task("nsmc");
  const base::Json table = score_table({{"near", &nsmc, write_run("near", 358, ids)},
                                        {"best", &nsmc, write_run("best", 360, ids)},
                                        {"far", &nsmc, write_run("far", 300, ids)}});
  const base::Json& cells = table["tasks"][0]["cells"];
  EXPECT_TRUE(cells["best"]["best"].get<bool>());
  EXPECT_TRUE(cells["near"]["best"].get<bool>());
  EXPECT_FALSE(cells["far"]["best"].get<bool>());
  const std::string text = table_markdown(table);
  EXPECT_THAT(text, testing::HasSubstr("| near | **89.50** |"));
  EXPECT_THAT(text, testing::HasSubstr("| far | 75.00 |"));
  EXPECT_THAT(text, testing::HasSubstr("| electra-kor-base [L] | 91.29 † |"));
  EXPECT_THAT(text, testing::HasSubstr("† nsmc: test 400 rows of 50,000."));
  ids[7] = "other";
  const fs::path other = write_run("other", 10, ids);
  EXPECT_THAT(error_text(ErrorKind::kData,
                         [&] {
                           score_table({{"best", &nsmc, write_run("again", 360, {"a"})}, {"x", &nsmc, other}});
                         }),
              testing::HasSubstr("other test examples than in the run before"));
}

TEST(Splits, CarveDevAndRefuseTestThatIsTrain) {
  const fs::path folder = data::fresh_folder("splits");
  const auto write = [&](const char* name, int from, int to) {
    std::ofstream file(folder / name);
    file << "id\tdocument\tlabel\n";
    for (int i = from; i < to; ++i) file << i << "\t글" << i << "\t" << i % 2 << "\n";
  };
  write("train.tsv", 0, 100);
  write("test.tsv", 90, 130);
  const Task& nsmc = find_task("nsmc");
  const Splits one = load_splits(nsmc, folder, {}), again = load_splits(nsmc, folder, {}),
               other = load_splits(nsmc, folder, {.split_seed = 2});
  EXPECT_EQ(one[Split::kTrain].size(), 90u);
  ASSERT_EQ(one[Split::kDev].size(), 10u);
  EXPECT_TRUE(one.files[1].empty());
  std::set<std::string> ids, other_ids;
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(one[Split::kDev][i].id, again[Split::kDev][i].id);
    ids.insert(one[Split::kDev][i].id);
    other_ids.insert(other[Split::kDev][i].id);
  }
  EXPECT_NE(ids, other_ids);
  for (const Example& example : one[Split::kTrain]) EXPECT_FALSE(ids.contains(example.id));
  EXPECT_LE(one.test_in_train, 10u);
  write("test.tsv", 0, 40);
  write("dev.tsv", 200, 210);
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { load_splits(nsmc, folder, {}); }),
            str((folder / "test.tsv").string(), ": all 40 test examples stand in ", (folder / "train.tsv").string(),
                ", so the score would say nothing; give a test file of its own, or say finetune.allow_test_in_train"));
  EXPECT_EQ(load_splits(nsmc, folder, {.allow_test_in_train = true}).test_in_train, 40u);
}

TEST(Search, CombinationsOfGridAndDraws) {
  SearchOptions search{.kind = "grid", .space = {"learning_rate=1e-5 3e-5", "epochs=1 2 3"}, .trials = 100};
  EXPECT_EQ(combinations(search, 1).size(), 6u);
  EXPECT_EQ(combinations(search, 1)[1], (Combination{{"learning_rate", "3e-5"}, {"epochs", "1"}}));
  search.kind = "random";
  search.trials = 4;
  const auto drawn = combinations(search, 1);
  EXPECT_EQ(std::set<Combination>(drawn.begin(), drawn.end()).size(), 4u);
  EXPECT_EQ(with({}, drawn[0]).epochs, std::stoll(drawn[0][1].second));
  search.space = {"lerning_rate=1", "epochs=-1", "epochs"};
  const std::string error = error_text(ErrorKind::kConfig, [&] { combinations(search, 1); });
  EXPECT_THAT(error, testing::HasSubstr("learning_rate"));
  EXPECT_THAT(error, testing::HasSubstr("got -1"));
  EXPECT_THAT(error, testing::HasSubstr("search_space: got \"epochs\", expected a setting and its values"));
}

TEST(Custom, LabelsComeFromTheTrainingFileOrTheModel) {
  const fs::path folder = data::fresh_folder("custom");
  std::ofstream(folder / "mine.toml") << "kind = \"tagging\"\ntext = \"words\"\nlabel = \"tags\"\n";
  std::ofstream(folder / "train.tsv") << "words\ttags\n가 나\tZ-B O\n다\tA-B\n";
  const Task task = load_task((folder / "mine.toml").string(), folder);
  EXPECT_EQ(task.labels, (std::vector<std::string>{"O", "A-B", "Z-B"}));
  EXPECT_EQ(task.name, "mine");
  EXPECT_EQ(task.read(folder / "train.tsv", task)[0].labels, (std::vector<int64_t>{2, 0}));
  const std::vector<std::string> known = {"X", "Y"};
  EXPECT_EQ(load_task((folder / "mine.toml").string(), "nowhere", known).labels, known);
}

TEST(Custom, AnswersMustStandInThePassage) {
  const fs::path folder = data::fresh_folder("answers");
  std::ofstream(folder / "qa.toml")
      << "kind = \"question-answering\"\ntext = \"q\"\nsecond_text = \"c\"\nlabel = \"a\"\n"
         "train = \"t.jsonl\"\n";
  std::ofstream(folder / "t.jsonl") << R"({"q":"어디","c":"나는 서울에 산다","a":"서울"})"
                                    << "\n"
                                    << R"({"q":"어디","c":"나는 서울에 산다","a":"부산"})"
                                    << "\n";
  const Task task = load_task((folder / "qa.toml").string(), folder);
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { task.read(folder / "t.jsonl", task); }),
            (folder / "t.jsonl").string() + ":2: answer: got \"부산\", which does not stand in the passage");
}

}  // namespace
}  // namespace lmkor::task
