#include "lmkor/base/str.h"

#include <gtest/gtest.h>

namespace lmkor::base {
namespace {

TEST(Str, WritesEachKindOfPart) {
  EXPECT_EQ(str("a", 'b', 3, true, 0.5, std::string("c")), "ab3true0.5c");
  EXPECT_EQ(str(1e-4), "0.0001");
  EXPECT_EQ(str(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(join(std::vector<int>{1, 2}, ", "), "1, 2");
}

TEST(Str, FormatsForPeople) {
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-123456), "-123,456");
  EXPECT_EQ(grouped(-12), "-12");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(12345678), "12.3 MB");
  EXPECT_EQ(human_bytes(5e15), "5000.0 TB");
  EXPECT_EQ(human_seconds(3725), "1:02:05");
  EXPECT_EQ(human_seconds(-1), "0:00");
  EXPECT_EQ(fixed(1.005, 1), "1.0");
}

TEST(Str, FindsTheNearestName) {
  const std::vector<std::string> names = {"learning_rate", "steps", "warmup_steps"};
  EXPECT_EQ(nearest("learnign_rate", names), "learning_rate");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(edit_distance("ab", "ba"), 1);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

}  // namespace
}  // namespace lmkor::base
