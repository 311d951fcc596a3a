#include "lmkor/corpus/dedup.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {
namespace {

TEST(Dedup, EqualsASetOfStrings) {
  const base::Random random(5, base::RandomUse::kGenerate);
  SentenceSet seen;
  std::set<std::string> reference;
  for (uint64_t i = 0; i < 60000; ++i) {
    const std::string sentence = base::str("문장 ", random.below(i, 40000));
    ASSERT_EQ(seen.insert(sentence_hash(sentence)), reference.insert(sentence).second) << i;
  }
  EXPECT_EQ(seen.size(), reference.size());
  EXPECT_LE(seen.memory_bytes(), seen.size() * 43);
}

TEST(Dedup, BlanksDoNotCount) {
  EXPECT_EQ(sentence_hash("  가  나\t다\n"), sentence_hash("가 나 다"));
  EXPECT_NE(sentence_hash("가나 다"), sentence_hash("가 나 다"));
  EXPECT_NE(sentence_hash("가나다."), sentence_hash("가나다"));
}

}  // namespace
}  // namespace lmkor::corpus
