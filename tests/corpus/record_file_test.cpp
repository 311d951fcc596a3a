#include "lmkor/corpus/record_file.h"

#include <map>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "temporary_folder.h"

namespace lmkor::corpus {
namespace {

struct Point {
  uint64_t key;
  uint32_t a, b;
  friend bool operator==(const Point&, const Point&) = default;
};

class RecordFileTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "records";
};

TEST_F(RecordFileTest, GivesEachPartitionInTheOrderOfWriting) {
  const base::Random random(1, base::RandomUse::kGenerate);
  std::map<size_t, std::vector<Point>> expected;
  {
    RecordWriter<Point> writer(path_, 7, 0);  // so little memory that there are several runs
    for (uint32_t i = 0; i < 30000; ++i) {
      const size_t partition = random.below(i, 6);  // the last stays empty
      const Point point = {random.bits(i), i, ~i};
      expected[partition].push_back(point);
      writer.add(partition, point);
    }
    EXPECT_FALSE(std::filesystem::exists(path_));
    writer.commit();
  }
  const RecordFile<Point> file(path_);
  EXPECT_EQ(file.size(), 30000u);
  for (size_t partition = 0; partition < 7; ++partition) {
    std::vector<Point> got;
    file.each(partition, [&](const Point& point) { got.push_back(point); });
    EXPECT_EQ(got, expected[partition]);
    EXPECT_EQ(file.size(partition), got.size());
  }
}

TEST_F(RecordFileTest, EmptyIsAFileToo) {
  RecordWriter<uint32_t>(path_, 3, 1000).commit();
  EXPECT_EQ(RecordFile<uint32_t>(path_).size(), 0u);
}

TEST_F(RecordFileTest, DamageIsFound) {
  const auto text = [&](const auto& run) { return error_text(base::ErrorKind::kData, run); };
  const std::string advice = "; delete its folder and run the same command again";
  EXPECT_EQ(text([&] { RecordFile<uint32_t>{path_}; }), path_.string() + ": broken working file: " + path_.string() +
                                                            ": cannot read: No such file or directory" + advice);
  RecordWriter<uint32_t> writer(path_, 2, 1000);
  for (uint32_t i = 0; i < 1000; ++i) writer.add(i % 2, i);
  writer.commit();
  const std::string whole = base::read_file(path_);
  for (const size_t size : {size_t{0}, size_t{30}, whole.size() / 2, whole.size() - 1}) {
    base::write_file_atomic(path_, whole.substr(0, size));
    const std::string error = text([&] { RecordFile<uint32_t>{path_}; });
    EXPECT_TRUE(error == path_.string() + ": broken working file: it is cut off" + advice ||
                error == path_.string() + ": broken working file: its end is not that of a complete file" + advice)
        << error;
  }
  std::string damaged = whole;
  damaged[100] ^= 1;
  base::write_file_atomic(path_, damaged);
  EXPECT_EQ(text([&] { RecordFile<uint32_t>(path_).each(0, [](uint32_t) {}); }),
            path_.string() + ": broken working file: records have a wrong checksum" + advice);
}

}  // namespace
}  // namespace lmkor::corpus
