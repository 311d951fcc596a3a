#include "lmkor/text/entity.h"

#include <gtest/gtest.h>

namespace lmkor::text {
namespace {

std::string value(std::string_view name) {
  std::string out;
  return append_entity(out, name) ? out : "(none)";
}

// All names are compared with Python's in tests/golden/cleaning_test.py.
TEST(Entity, NamesAndNumbers) {
  EXPECT_EQ(value("amp"), "&");
  EXPECT_EQ(value("nbsp"), "\u00A0");
  EXPECT_EQ(value("hearts"), "♥");
  EXPECT_EQ(value("#44032"), "가");
  EXPECT_EQ(value("#xAC00"), "가");
  EXPECT_EQ(value("#Xac00"), "가");
  EXPECT_EQ(value("nGt"), "≫⃒");
  EXPECT_EQ(value("CounterClockwiseContourIntegral"), "∳");
}

TEST(Entity, NumbersOfNoCharacter) {
  EXPECT_EQ(value("#128"), "€");
  EXPECT_EQ(value("#0"), "\uFFFD");
  EXPECT_EQ(value("#xD800"), "\uFFFD");
  EXPECT_EQ(value("#99999999999999999999"), "\uFFFD");
  EXPECT_EQ(value("#1"), "");
  EXPECT_EQ(value("#xFFFF"), "");
}

TEST(Entity, OthersAreNone) {
  for (const char* name : {"", "#", "#x", "#12a", "가", "Nbsp", "ampx", "#-5"})
    EXPECT_EQ(value(name), "(none)") << name;
  EXPECT_TRUE(is_bare_entity("nbsp"));
  EXPECT_FALSE(is_bare_entity("hearts"));
}

}  // namespace
}  // namespace lmkor::text
