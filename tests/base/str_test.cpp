#include "lmkor/base/str.h"

#include <gtest/gtest.h>

namespace lmkor::base {
namespace {

TEST(Str, WritesEachKindOfPart) {
  EXPECT_EQ(str("a", 'b', 3, true, 0.5, std::string("c")), "ab3true0.5c");
  EXPECT_EQ(str(1e-4), "0.0001");
}

TEST(Str, FormatsForPeople) {
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-123456), "-123,456");
  EXPECT_EQ(human_bytes(12345678), "12.3 MB");
  EXPECT_EQ(human_seconds(3725), "1:02:05");
}

TEST(Str, FindsTheNearestName) {
  const std::vector<std::string> names = {"learning_rate", "steps", "warmup_steps"};
  EXPECT_EQ(nearest("learnign_rate", names), "learning_rate");
  EXPECT_EQ(nearest("zzz", names), "");
}

}  // namespace
}  // namespace lmkor::base
