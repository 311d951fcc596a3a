#include "lmkor/vocab/merger.h"

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "vocab/sample.h"

namespace lmkor::vocab {
namespace {

// Some 400,000 different pairs: eight times what the least memory holds at once.
void add_words(Merger& merger) {
  const base::Random random(7, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int word = 0; word < 150000; ++word) {
    std::vector<uint32_t> symbols;
    const uint64_t length = 2 + random.below(at++, 5);
    for (uint64_t i = 0; i < length; ++i) {
      const uint64_t few = 1 + random.below(at++, 1000);
      symbols.push_back(i == 1 && word % 50 == 0 ? Merger::kGap : static_cast<uint32_t>(random.below(at++, few)));
    }
    merger.add_word(symbols, 1 + random.below(at++, 3));
  }
  merger.find_pairs();
}

TEST(Merger, PairsFoundInPartsAreTheSame) {
  const TemporaryFolder dir;
  Merger whole(2), parts(2, dir.path(), 1);
  add_words(whole);
  add_words(parts);
  for (uint32_t made = 1000; made < 1400; ++made) {
    const auto a = whole.best(), b = parts.best();
    ASSERT_TRUE(a && b);
    ASSERT_EQ(std::tie(a->left, a->right, a->count), std::tie(b->left, b->right, b->count)) << made;
    whole.merge(made);
    parts.merge(made);
  }
}

}  // namespace
}  // namespace lmkor::vocab
