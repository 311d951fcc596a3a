#include "lmkor/corpus/plan.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "expect_error.h"

namespace lmkor::corpus {
namespace {

TEST(Plan, UnitsAreRunsOfFiles) {
  const auto sizes = [](const std::vector<Unit>& units) {
    std::vector<std::pair<size_t, size_t>> out;
    for (const Unit& unit : units) out.emplace_back(unit.first_file, unit.files);
    return out;
  };
  EXPECT_EQ(sizes(divide_inputs({10, 20, 30, 5, 5, 100, 1}, 30)),
            (std::vector<std::pair<size_t, size_t>>{{0, 2}, {2, 1}, {3, 3}, {6, 1}}));
  EXPECT_EQ(sizes(divide_inputs({0}, 30)), (std::vector<std::pair<size_t, size_t>>{{0, 1}}));
  EXPECT_EQ(bucket_count({1000}), 1u);
  EXPECT_EQ(bucket_count({10'000'000'000, 10'000'000'000}), 596u);
}

class ShardTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }
  void set(const std::string& name, const char* value) {
    ::setenv(name.c_str(), value, 1);
    set_.push_back(name);
  }
  static std::pair<size_t, size_t> shard(const RunOptions& options = {}) {
    const Shard found = options.resolve_shard();
    return {found.index, found.count};
  }
  std::vector<std::string> set_;
};

TEST_F(ShardTest, IsTakenFromTheLauncher) {
  EXPECT_EQ(shard(), std::pair(size_t{0}, size_t{1}));
  set("SLURM_PROCID", "2");
  EXPECT_EQ(shard(), std::pair(size_t{0}, size_t{1}));  // a script of a batch job, not one of the tasks of a step
  set("SLURM_STEP_NUM_TASKS", "4");
  EXPECT_EQ(shard(), std::pair(size_t{2}, size_t{4}));
  set("SLURM_ARRAY_TASK_ID", "7");
  set("SLURM_ARRAY_TASK_MIN", "5");
  set("SLURM_ARRAY_TASK_COUNT", "3");
  EXPECT_EQ(shard(), std::pair(size_t{2}, size_t{3}));
  set("RANK", "1");
  set("WORLD_SIZE", "8");
  EXPECT_EQ(shard(), std::pair(size_t{1}, size_t{8}));
  RunOptions said;
  said.shard = "3/5";
  EXPECT_EQ(shard(said), std::pair(size_t{3}, size_t{5}));
}

TEST_F(ShardTest, OutOfRangeIsAnError) {
  set("SLURM_ARRAY_TASK_ID", "9");
  set("SLURM_ARRAY_TASK_MIN", "5");
  set("SLURM_ARRAY_TASK_COUNT", "3");
  EXPECT_EQ(
      error_text(base::ErrorKind::kConfig, [] { shard(); }),
      "SLURM_ARRAY_TASK_ID=9 and SLURM_ARRAY_TASK_COUNT=3: got a shard out of range, expected numbers from 5 to 7 "
      "without gaps; say --shard I/N");
  for (const char* text : {"4/4", "-1/4", "1", "1/0", "a/b", "1/2/3"}) {
    RunOptions options;
    options.shard = text;
    config::Faults faults;
    options.check(faults);
    ASSERT_EQ(faults.texts().size(), 1u) << text;
    EXPECT_EQ(faults.texts()[0],
              std::string("shard: got \"") + text + "\", expected I/N with I from 0 to N - 1, such as 0/4");
  }
}

}  // namespace
}  // namespace lmkor::corpus
