#include "lmkor/corpus/remove.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/corpus/pipeline.h"
#include "temporary_folder.h"

namespace lmkor::corpus {
namespace {

namespace fs = std::filesystem;

class RemoveTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_.write(
        "kim.jsonl",
        "{\"text\": \"오늘 날씨가 참 좋습니다. 산책을 나갔습니다.\", \"donor\": \"kim\", \"category\": \"날씨\"}\n"
        "{\"text\": \"짧음\", \"donor\": \"kim\"}\n");
    dir_.write("lee.jsonl",
               "{\"text\": \"어제는 비가 많이 내렸습니다.\", \"donor\": \"lee\", \"category\": \"날씨\"}\n");
    options_.input = {(dir_.path() / "kim.jsonl").string(), (dir_.path() / "lee.jsonl").string()};
    options_.output = corpus().string();
    options_.part_bytes = 1;  // a part for each file
    build(options_, 1);
  }
  void finish_build() { finish(options_); }
  fs::path corpus() const { return dir_.path() / "corpus"; }
  fs::path target() const {
    fs::create_directories(dir_.path() / "new");
    return dir_.path() / "new";
  }
  // All bytes of the folder, unpacked.
  static std::string everything(const fs::path& folder) {
    std::string out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) out += base::decompress_file(entry.path());
    }
    return out;
  }

  TemporaryFolder dir_;
  BuildOptions options_;
};

TEST_F(RemoveTest, NothingOfTheDonorIsLeft) {
  finish_build();
  ASSERT_NE(everything(corpus()).find("산책을"), std::string::npos);
  const DonorRemoval removal = remove_donor(corpus(), target(), "kim");
  EXPECT_EQ(removal.documents, 1u);
  EXPECT_EQ(removal.sentences, 2u);
  EXPECT_EQ(removal.removed_records, 1u);  // the short one
  const std::string left = everything(target());
  for (const char* word : {"산책을", "짧음", "날씨가"}) EXPECT_EQ(left.find(word), std::string::npos) << word;
  EXPECT_NE(left.find("내렸습니다"), std::string::npos);
  EXPECT_FALSE(fs::exists(target() / "report.html"));
}

TEST_F(RemoveTest, SumsAgree) {
  finish_build();
  const base::Json before = base::read_json(corpus() / "manifest.json");
  remove_donor(corpus(), target(), "kim");
  const base::Json after = base::read_json(target() / "manifest.json");
  const base::Json& stage = after["stages"].back();
  EXPECT_EQ(stage["name"], "withdraw");
  EXPECT_EQ(stage["in"], before["stages"].back()["out"]);
  for (const char* unit : {"documents", "sentences", "bytes"}) {
    const auto removed = stage["removed"]["donor_withdrew"][unit].get<int64_t>();
    EXPECT_EQ(stage["in"][unit].get<int64_t>(), stage["out"][unit].get<int64_t>() + removed) << unit;
    EXPECT_EQ(after[unit], stage["out"][unit]) << unit;
  }
  EXPECT_EQ(after["sources"]["kim"]["out"]["documents"], 0);
  EXPECT_EQ(after["categories"]["날씨"]["out"]["documents"], 1);
  EXPECT_EQ(after["categories"]["날씨"]["removed"]["donor_withdrew"]["documents"], 1);
  ASSERT_EQ(after["withdrawals"].size(), 1u);
  EXPECT_EQ(after["withdrawals"][0]["before"]["manifest.json"].get<std::string>().size(), 64u);
}

TEST_F(RemoveTest, Faults) {
  EXPECT_EQ(error_text(base::ErrorKind::kIncompatible, [&] { remove_donor(corpus(), target(), "kim"); }),
            corpus().string() + ": the corpus is unfinished; let lmkor corpus build finish it first");
  finish_build();
  EXPECT_EQ(error_text(base::ErrorKind::kData, [&] { remove_donor(corpus(), target(), "choi"); }),
            corpus().string() + ": got no record of donor \"choi\", expected one of kim, lee");
  EXPECT_EQ(error_text(base::ErrorKind::kNotFound, [&] { remove_donor(target(), target(), "kim"); }),
            target().string() + ": no manifest.json, expected a finished corpus");
}

}  // namespace
}  // namespace lmkor::corpus
