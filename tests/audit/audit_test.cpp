#include "lmkor/audit/audit.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "expect_error.h"
#include "lmkor/audit/apply.h"
#include "lmkor/audit/copies.h"
#include "lmkor/audit/label_errors.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::audit {
namespace {

using base::ErrorKind;
using base::str;
namespace fs = std::filesystem;

// A review whose last word decides its label, behind some that say nothing.
struct Review {
  std::string text;
  bool good;
};
Review review(const base::Random& random, uint64_t i) {
  static const char* const kGood[] = {"재밌어요", "최고다", "감동이에요", "추천합니다"};
  static const char* const kBad[] = {"지루해요", "최악이다", "실망했어요", "돈아깝다"};
  static const char* const kRest[] = {"영화",   "배우",     "음악",   "연출", "어제",
                                      "친구랑", "극장에서", "봤는데", "그냥", "정말"};
  const auto draw = [&](uint64_t at, uint64_t bound) { return random.below(i * 16 + at, bound); };
  const bool good = draw(0, 2) == 1;
  std::string text = str("리뷰", i);
  for (uint64_t word = 0; word < 3; ++word) text += str(" ", kRest[draw(1 + word, 10)]);
  return {str(text, " ", good ? kGood[draw(4, 4)] : kBad[draw(4, 4)]), good};
}

// Reviews of which `flips` in 1000 have the other label; their rows are noted.
struct Planted {
  fs::path folder;
  std::set<uint64_t> flipped;
};
Planted plant(const std::string& name, uint64_t flips, uint64_t rows = 2000) {
  const base::Random random(7, base::RandomUse::kGenerate, flips);
  Planted out{data::fresh_folder(name), {}};
  std::ofstream file(out.folder / "train.tsv");
  file << "id\tdocument\tlabel\n";
  for (uint64_t i = 1; i <= rows; ++i) {
    const auto [text, good] = review(random, i);
    const bool flip = random.below(i * 16 + 5, 1000) < flips;
    if (flip) out.flipped.insert(i);
    file << i << "\t" << text << "\t" << (good != flip) << "\n";
  }
  return out;
}

Audit run(const fs::path& folder, const char* task = "nsmc", int threads = 2) {
  return audit({.task = task::find_task(task), .data = folder, .threads = threads});
}

std::vector<Finding> of_kind(const Audit& found, const std::string& kind) {
  std::vector<Finding> out;
  for (const Finding& row : found.findings) {
    if (row.kind == kind) out.push_back(row);
  }
  return out;
}

double average_precision(const std::vector<Finding>& found, const std::set<uint64_t>& wanted) {
  double sum = 0, right = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (!wanted.contains(found[i].row)) continue;
    ++right;
    sum += right / static_cast<double>(i + 1);
  }
  return sum / static_cast<double>(wanted.size());
}

TEST(Audit, PlantedErrorsComeFirst) {
  for (const uint64_t flips : {10, 30, 100}) {
    const Planted planted = plant(str("flips", flips), flips);
    const Audit found = run(planted.folder);
    EXPECT_GT(average_precision(of_kind(found, "label_error"), planted.flipped), 0.95) << flips;
    const double truth = static_cast<double>(planted.flipped.size()) / 2000;
    EXPECT_NEAR(found.summary["label_noise"]["value"].get<double>(), truth, 0.01) << flips;
    EXPECT_NEAR(found.summary["score_ceiling"]["value"].get<double>(), 1 - truth, 0.01);
  }
}

TEST(Audit, CleanDataIsConsistentAndFaultsLowerIt) {
  double last = 1.1;
  for (const uint64_t flips : {0, 20, 60, 150}) {
    const Audit found = run(plant(str("consistency", flips), flips).folder);
    const double value = found.summary["consistency"]["value"];
    if (flips == 0) {
      EXPECT_EQ(value, 1);
    }
    EXPECT_LT(value, last);
    last = value;
  }
}

TEST(Audit, DoesNotDependOnThreads) {
  const Planted planted = plant("threads", 30, 500);
  const Audit one = run(planted.folder, "nsmc", 1), four = run(planted.folder, "nsmc", 4);
  EXPECT_EQ(one.summary, four.summary);
  ASSERT_EQ(one.findings.size(), four.findings.size());
  for (size_t i = 0; i < one.findings.size(); ++i) EXPECT_EQ(one.findings[i].score, four.findings[i].score);
}

TEST(Audit, WrongAndAmbiguousLandApart) {
  Planted planted = plant("ambiguous", 0);
  std::ofstream more(planted.folder / "train.tsv", std::ios::app);
  const base::Random random(3, base::RandomUse::kGenerate);
  for (uint64_t i = 2001; i <= 2100; ++i)  // the same words with either label
    more << i << "\t얼굴만 보여요 " << i << "\t" << random.below(i, 2) << "\n";
  for (uint64_t i = 2101; i <= 2120;
       ++i) {  // other labels on all kinds of reviews: twenty alike would be a rule to learn
    const auto [text, good] = review(random, i);
    more << i << "\t" << text << "\t" << !good << "\n";
  }
  more.close();
  const Audit found = run(planted.folder);
  const auto share_of = [&](const std::string& kind, uint64_t low, uint64_t high, size_t first) {
    const std::vector<Finding> rows = of_kind(found, kind);
    size_t count = 0;
    for (size_t i = 0; i < std::min(first, rows.size()); ++i) count += rows[i].row >= low && rows[i].row <= high;
    return static_cast<double>(count) / static_cast<double>(first);
  };
  EXPECT_GE(share_of("label_error", 2101, 2120, 20), 0.9);
  EXPECT_GE(share_of("ambiguous", 2001, 2100, 20), 0.9);
}

TEST(Audit, FindsCopiesContradictionsAndTestInTrain) {
  const fs::path folder = data::fresh_folder("copies");
  std::ofstream(folder / "train.tsv")
      << "question1\tquestion2\tis_duplicate\n비 오네?\t비가 오나요\t0\n눈 와\t눈이 오나요\t1\n"
         "오늘 저녁에는 무엇을 먹으면 좋을까요\t저녁\t0\n";
  std::ofstream(folder / "test.tsv") << "question1\tquestion2\tis_duplicate\n비가 오나요!\t비오네\t1\n"
                                        "오늘 저녁에는 무엇을 먹으면 좋을까\t저녁\t0\n다른 말\t이야\t0\n";
  const Audit found = run(folder, "question-pair");
  const auto contradictions = of_kind(found, "contradiction");
  ASSERT_EQ(contradictions.size(), 2u);  // the pair with its texts exchanged
  EXPECT_EQ(contradictions[0].split, "train");
  EXPECT_EQ(contradictions[1].row, 1u);
  EXPECT_NEAR(found.summary["test_in_train"]["value"].get<double>(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(found.summary["contradicted"]["value"].get<double>(), 2.0 / 6, 1e-12);
  const auto near = of_kind(found, "near_duplicate");
  ASSERT_EQ(near.size(), 1u);
  EXPECT_EQ(near[0].row, 2u);
  EXPECT_EQ(near[0].suggested, "like train row 3, labelled 0");
}

TEST(Audit, FlagsWhatIsTooEasyAndWordsThatGiveAway) {
  const Audit easy = run(plant("easy", 0).folder);
  EXPECT_GT(easy.summary["linear_model"]["value"].get<double>(), 0.99);
  EXPECT_GT(easy.summary["characters_only"]["value"].get<double>(), 0.95);
  EXPECT_LT(easy.summary["length_only"]["value"].get<double>(), 0.75);
  EXPECT_EQ(easy.summary["artefacts"]["value"].size(), 8u);
  const Audit hard = run(plant("hard", 500).folder);  // labels without meaning
  EXPECT_LT(hard.summary["linear_model"]["value"].get<double>(), 0.6);
  EXPECT_GT(hard.summary["hard"]["value"].get<double>(), 0.2);
}

TEST(Audit, EqualSentencesWithOtherTagsContradict) {
  const fs::path folder = data::fresh_folder("tags");
  std::ofstream file(folder / "train.tsv");
  for (int i = 1; i <= 400; ++i) {
    const char* tag = i == 77 ? "O" : "LC-B";
    file << (i % 2 ? "우리는 서울에서 만났다\tO " : "그는 부산에서 살았다\tO ") << tag << " O\n";
  }
  file.close();
  const auto rows = of_kind(run(folder, "klue-ner"), "contradiction");
  EXPECT_FALSE(rows.empty());
}

TEST(Audit, FindsExamplesInACorpus) {
  const Planted planted = plant("leak", 0, 200);
  const std::string train = base::read_file(planted.folder / "train.tsv");
  const size_t begin = train.find("\n7\t") + 3;
  const std::string seventh = train.substr(begin, train.find('\t', begin) - begin);
  fs::create_directories(planted.folder / "corpus");
  std::ofstream(planted.folder / "corpus/a.txt") << "다른 글입니다\n\n" << seventh << "!!\n";
  const Audit found = audit(
      {.task = task::find_task("nsmc"), .data = planted.folder, .corpus = {(planted.folder / "corpus").string()}});
  const auto leaks = of_kind(found, "leakage");
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0].row, 7u);
}

TEST(Audit, CorrectionsArePutIntoEffect) {
  const fs::path folder = data::fresh_folder("apply");
  std::ofstream(folder / "train.tsv") << "id\tdocument\tlabel\n1\t좋다\t0\n2\t나쁘다\t0\n\n3\t별로\t1\n";
  const std::string header = "split\tid\trow\tkind\tscore\tgiven\tsuggested\ttext\taction\n";
  const auto issues = [&](const std::string& rows) {
    std::ofstream(folder / "issues.tsv") << header << rows;
    return folder / "issues.tsv";
  };
  const task::Task& nsmc = task::find_task("nsmc");
  const base::Json done = apply_issues(nsmc, folder,
                                       issues("train\t1\t1\tlabel_error\t1\t0\t1\t좋다\trelabel\n"
                                              "train\t2\t2\tlabel_error\t1\t0\t1\t나쁘다\t\n"
                                              "train\t3\t3\tlabel_error\t1\t1\t0\t별로\tdrop\n"),
                                       folder / "out");
  EXPECT_EQ(base::read_file(folder / "out/train.tsv"), "id\tdocument\tlabel\n1\t좋다\t1\n2\t나쁘다\t0\n\n");
  EXPECT_EQ(done["relabelled"], 1);
  EXPECT_EQ(done["dropped"], 1);
  const std::pair<std::string, std::string> cases[] = {
      {"train\t1\t1\tk\t1\t0\t1\tx\tfix\n", ":2: action: got \"fix\", expected relabel, drop or nothing"},
      {"train\t1\t1\tk\t1\t0\t\tx\trelabel\n", ":2: relabel: suggested is empty, expected the right label"},
      {"train\t9\t9\tk\t1\t0\t1\tx\tdrop\n", ":2: row 9, but " + (folder / "train.tsv").string() + " has 3"},
      {"train\t1\t1\tk\t1\t7\t1\tx\trelabel\n",
       ":2: no cell \"7\" in " + (folder / "train.tsv").string() + ":2; was the file changed since the audit?"},
  };
  for (const auto& [rows, expected] : cases) {
    const fs::path file = issues(rows);
    EXPECT_EQ(error_text(ErrorKind::kData, [&] { apply_issues(nsmc, folder, file, folder / "out"); }),
              file.string() + expected);
  }
}

TEST(Copies, BareText) {
  EXPECT_EQ(bare_text("비 오네? ABC-12!"), "비오네abc12");
  EXPECT_EQ(bare_text("ㅋㅋ..."), "ㅋㅋ");
  EXPECT_EQ(bare_text("?!"), "?!");
}

TEST(LabelErrors, Wilson) {
  // statsmodels.stats.proportion.proportion_confint(10, 100, method="wilson")
  const auto [low, high] = wilson(0.1, 100);
  EXPECT_NEAR(low, 0.0552291, 1e-6);
  EXPECT_NEAR(high, 0.1743657, 1e-6);
}

}  // namespace
}  // namespace lmkor::audit
