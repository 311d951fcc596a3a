#include "lmkor/corpus/minhash.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {
namespace {

using Set = std::vector<uint32_t>;

const base::Random kRandom(3, base::RandomUse::kGenerate);

std::string some_text(uint64_t seed, size_t words) {
  static const char* const kWords[] = {
      "영화", "정말", "Best", "ㅋㅋㅋㅋ", "3,000원", "좋았다!", "“최고”", "a", "가나다라마바사아자차카타파하"};
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    text += kWords[kRandom.below(seed * 1000 + i, std::size(kWords))];
    text += i % 7 == 6 ? "\n" : " ";
  }
  return text;
}

Set shingles_of(std::string_view text, const MinhashOptions& options = {}) {
  Minhasher hasher(options);
  const auto shingles = hasher.shingles(text);
  return {shingles.begin(), shingles.end()};
}

std::vector<uint64_t> keys_of(const Set& shingles, const MinhashOptions& options = {}) {
  Minhasher hasher(options);
  const auto keys = hasher.band_keys(shingles);
  return {keys.begin(), keys.end()};
}

TEST(Minhash, KernelsGiveTheSameBits) {
  for (const auto& [bands, rows] : std::vector<std::pair<int64_t, int64_t>>{{14, 8}, {1, 1}, {5, 7}, {20, 13}}) {
    MinhashOptions options;
    options.bands = bands;
    options.rows = rows;
    Minhasher reference(options, *cpu::minhash_kernels().back());
    for (const cpu::MinhashKernel* kernel : cpu::minhash_kernels()) {
      Minhasher hasher(options, *kernel);
      for (size_t words = 0; words < 90; ++words) {
        const std::string text = some_text(words, words);
        const auto expected = reference.shingles(text), got = hasher.shingles(text);
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), got.begin(), got.end())) << kernel->name << words;
        const auto expected_keys = reference.band_keys(expected), keys = hasher.band_keys(got);
        ASSERT_TRUE(std::equal(keys.begin(), keys.end(), expected_keys.begin(), expected_keys.end())) << kernel->name;
      }
    }
  }
}

TEST(Minhash, ShinglesAreRunsOfWordsWhateverTheCaseAndThePunctuation) {
  MinhashOptions options;
  options.short_words = 0;
  const Set shingles = shingles_of("The cat, sat. 고양이가 앉았다 on it", options);
  EXPECT_EQ(shingles.size(), 3u);
  EXPECT_EQ(shingles, shingles_of("  the CAT sat!!! 고양이가\n앉았다 (ON) it?", options));
  EXPECT_NE(shingles, shingles_of("the cat sat 고양이는 앉았다 on it", options));
  // The same five words give the same shingle wherever they stand, next to the end of the text or not.
  EXPECT_EQ(shingles_of("cat sat 고양이가 앉았다 on", options).at(0), shingles.at(1));
  EXPECT_EQ(shingles_of("하나 둘", options).size(), 1u);
  EXPECT_TRUE(shingles_of(" ... ", options).empty());
  const std::string longer = "a word-of-more-than-sixteen-bytes인데아주아주긴낱말이다 b c d e";
  EXPECT_EQ(shingles_of(longer, options), shingles_of(longer + "!", options));
}

TEST(Minhash, ShortTextsAreComparedByLetters) {
  const Set shingles = shingles_of("정말 재밌는 영화다");
  EXPECT_EQ(shingles.size(), 8u - 4u);
  EXPECT_EQ(shingles, shingles_of("정말재밌는 영화다!!"));
  EXPECT_EQ(shingles_of("최고ㅋㅋ 다시 본다"), shingles_of("최고ㅋㅋㅋㅋㅋㅋㅋ 다시본다"));
  EXPECT_NE(shingles, shingles_of("정말 재밌는 영화네"));
  EXPECT_EQ(shingles_of("굿").size(), 1u);
}

TEST(Minhash, JaccardEqualsThatOfSets) {
  for (uint64_t i = 0; i < 200; ++i) {
    std::set<uint32_t> a, b, both;
    for (uint64_t k = 0; k < kRandom.below(i, 40); ++k) a.insert(static_cast<uint32_t>(kRandom.below(i * 100 + k, 50)));
    for (uint64_t k = 0; k < kRandom.below(i + 7, 40); ++k)
      b.insert(static_cast<uint32_t>(kRandom.below(i * 200 + k + 50, 50)));
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    const size_t all = a.size() + b.size() - both.size();
    const double expected = all == 0 ? 1 : static_cast<double>(both.size()) / static_cast<double>(all);
    EXPECT_DOUBLE_EQ(jaccard(Set(a.begin(), a.end()), Set(b.begin(), b.end())), expected);
  }
}

// Pairs of sets with a planted similarity become candidates as often as 1 - (1 - s^rows)^bands says.
TEST(Minhash, CandidatesAreFoundAsOftenAsTheoryTells) {
  constexpr size_t kPairs = 20000;
  for (const auto& [bands, rows] : std::vector<std::pair<int64_t, int64_t>>{{14, 8}, {20, 5}}) {
    MinhashOptions options;
    options.bands = bands;
    options.rows = rows;
    Minhasher hasher_a(options), hasher_b(options);
    uint64_t position = 0;
    for (const size_t shared : {100u, 120u, 140u, 150u, 160u, 170u, 180u}) {
      constexpr size_t kAll = 200;  // so that the similarity is shared / 200
      size_t found = 0;
      for (size_t pair = 0; pair < kPairs; ++pair) {
        Set a, b;
        for (size_t i = 0; i < kAll; ++i) {
          const auto shingle = static_cast<uint32_t>(kRandom.bits(position++));
          if (i < shared || i % 2 == 0) a.push_back(shingle);
          if (i < shared || i % 2 == 1) b.push_back(shingle);
        }
        const auto keys_a = hasher_a.band_keys(a), keys_b = hasher_b.band_keys(b);
        bool same = false;
        for (size_t band = 0; band < keys_a.size(); ++band) same |= keys_a[band] == keys_b[band];
        found += same;
      }
      const double expected = candidate_probability(static_cast<double>(shared) / kAll, bands, rows);
      const double rate = static_cast<double>(found) / kPairs;
      // Half a point, and three standard deviations of so many pairs.
      const double chance = 3 * std::sqrt(expected * (1 - expected) / kPairs);
      EXPECT_NEAR(rate, expected, 0.005 + chance) << bands << "x" << rows << " at " << shared;
    }
  }
}

TEST(Minhash, BandsDifferFromEachOther) {
  const auto keys = keys_of({1, 2, 3});
  EXPECT_EQ(std::set<uint64_t>(keys.begin(), keys.end()).size(), 14u);
}

}  // namespace
}  // namespace lmkor::corpus
