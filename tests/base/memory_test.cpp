#include "lmkor/base/memory.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/str.h"

namespace lmkor::base {
namespace {

TEST(Memory, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_memory("2GB"), 2'000'000'000u);
  EXPECT_EQ(parse_memory("1.5 MB"), 1'500'000u);
  EXPECT_EQ(parse_memory("4096"), 4096u);
  EXPECT_GT(parse_memory(""), 100'000'000u);
  for (const char* text : {"2 apples", "GB", "-1GB", "0"}) {
    EXPECT_EQ(error_text(ErrorKind::kUsage, [&] { parse_memory(text); }),
              str("--memory ", text, ": got no size, expected a number with MB or GB, as in 2GB"));
  }
}

}  // namespace
}  // namespace lmkor::base
