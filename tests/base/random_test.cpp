#include "lmkor/base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace lmkor::base {
namespace {

using Words = std::array<uint32_t, 4>;

// kat_vectors of Random123, the library of the paper's authors.
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox(0, 0, 0), Words({0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(~0ull, ~0ull, ~0ull), Words({0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
            Words({0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, UsesAndStreamsShareNoNumbers) {
  std::set<uint64_t> seen;
  for (const auto use : {RandomUse::kShuffle, RandomUse::kMask, RandomUse::kDropout})
    for (const uint64_t seed : {1, 2})
      for (const uint64_t stream : {0, 1, 2})
        for (uint64_t at = 0; at < 100; ++at) seen.insert(Random(seed, use, stream).bits(at));
  EXPECT_EQ(seen.size(), 3u * 2 * 3 * 100);
}

TEST(Random, UniformAndBelowKeepTheirBoundsAndAreEven) {
  const Random random(7, RandomUse::kSample);
  constexpr int kDraws = 100000, kBins = 10;
  std::vector<int> uniform(kBins), below(kBins);
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform(static_cast<uint64_t>(i));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    ++uniform[static_cast<size_t>(u * kBins)];
    const uint64_t b = random.below(static_cast<uint64_t>(i) + kDraws, kBins);
    ASSERT_LT(b, static_cast<uint64_t>(kBins));
    ++below[b];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  // Chi-squared of 9 degrees of freedom: above 27.9 once in a thousand; the draw is fixed.
  for (const auto& bins : {uniform, below}) {
    double chi = 0;
    for (const int count : bins) chi += std::pow(count - kDraws / kBins, 2) / (kDraws / kBins);
    EXPECT_LT(chi, 27.9);
  }
}

TEST(Permutation, ReachesEachNumberOnce) {
  for (const uint64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 4097, 100003}) {
    const Permutation permutation(size, 11, 4);
    std::vector<bool> seen(size);
    for (uint64_t i = 0; i < size; ++i) {
      const uint64_t at = permutation.at(i);
      ASSERT_LT(at, size);
      ASSERT_FALSE(seen[at]) << size;
      seen[at] = true;
    }
  }
}

TEST(Permutation, DependsOnSeedAndStreamAlone) {
  const auto order = [](uint64_t seed, uint64_t stream) {
    const Permutation permutation(1000, seed, stream);
    std::vector<uint64_t> out(1000);
    for (uint64_t i = 0; i < out.size(); ++i) out[i] = permutation.at(i);
    return out;
  };
  EXPECT_EQ(order(1, 0), order(1, 0));
  EXPECT_NE(order(1, 0), order(2, 0));
  EXPECT_NE(order(1, 0), order(1, 1));
  std::vector<uint64_t> identity(1000);
  std::iota(identity.begin(), identity.end(), 0);
  EXPECT_NE(order(1, 0), identity);
}

TEST(Permutation, HugeSizesNeedNoTable) {
  const uint64_t size = (1ull << 40) + 12345;
  const Permutation permutation(size, 1, 1);
  std::set<uint64_t> seen;
  for (uint64_t i = 0; i < 1000; ++i) seen.insert(permutation.at(size - 1 - i));
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_LT(*seen.rbegin(), size);
}

}  // namespace
}  // namespace lmkor::base
