#include "lmkor/data/sampler.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "data/sample.h"
#include "lmkor/data/prefetch.h"

namespace lmkor::data {
namespace {

TEST(Sampler, EveryEpochReadsEachRowOnceInAnotherOrder) {
  for (const uint64_t rows : {1ull, 2ull, 7ull, 64ull, 1001ull}) {
    const Sampler sampler(rows, 3, 5);
    std::vector<std::vector<uint64_t>> epochs(3);
    for (uint64_t number = 0; number < 3 * rows; ++number) {
      const Example example = sampler.example(number);
      EXPECT_EQ(example.number, number);
      epochs[number / rows].push_back(example.row);
    }
    for (auto epoch : epochs) {
      std::sort(epoch.begin(), epoch.end());
      for (uint64_t row = 0; row < rows; ++row) ASSERT_EQ(epoch[row], row);
    }
    if (rows > 7) {
      EXPECT_NE(epochs[0], epochs[1]);
    }
  }
}

TEST(Sampler, AnyNumberOfRanksReadsTheSameBatch) {
  const Sampler sampler(1001, 64, 9);
  for (const uint64_t step : {0ull, 3ull, 15ull, 40ull}) {  // the batches of step 15 and 40 span two epochs
    const auto whole = sampler.batch(step);
    ASSERT_EQ(whole.size(), 64u);
    for (const int world : {1, 2, 3, 8}) {
      std::vector<std::pair<uint64_t, uint64_t>> joined;
      for (int rank = 0; rank < world; ++rank)
        for (const Example& example : sampler.batch(step, rank, world))
          joined.emplace_back(example.number, example.row);
      std::sort(joined.begin(), joined.end());
      ASSERT_EQ(joined.size(), whole.size());
      for (size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(joined[i].first, whole[i].number);
        EXPECT_EQ(joined[i].second, whole[i].row);
      }
    }
  }
}

TEST(Sampler, DependsOnTheSeedOnly) {
  const auto rows_of = [](const std::vector<Example>& batch) {
    std::vector<uint64_t> rows;
    for (const Example& example : batch) rows.push_back(example.row);
    return rows;
  };
  EXPECT_EQ(rows_of(Sampler(500, 32, 1).batch(77)), rows_of(Sampler(500, 32, 1).batch(77)));
  EXPECT_NE(rows_of(Sampler(500, 32, 1).batch(77)), rows_of(Sampler(500, 32, 2).batch(77)));
}

TEST(Sampler, MixesSourcesByTheirWeightsInEveryBlock) {
  const std::vector<SourceShare> sources = {{100, 0.7}, {9, 0.2}, {5000, 0.1}};
  const Sampler sampler(sources, 32, 4);
  std::vector<std::vector<int>> reads;  // of each row
  for (const SourceShare& source : sources) reads.emplace_back(source.rows);
  for (uint64_t block = 0; block < 3; ++block) {
    std::vector<int> count(3), in_first_half(3);
    for (uint64_t i = 0; i < Sampler::kBlock; ++i) {
      const Example example = sampler.example(block * Sampler::kBlock + i);
      ASSERT_LT(example.row, sources[example.source].rows);
      ++reads[example.source][example.row];
      ++count[example.source];
      in_first_half[example.source] += i < Sampler::kBlock / 2;
    }
    EXPECT_EQ(count, (std::vector<int>{700, 200, 100}));
    EXPECT_NEAR(in_first_half[0], 350, 50);  // shuffled
    // Whole epochs, and a part of one that reads no row twice.
    for (size_t source = 0; source < sources.size(); ++source) {
      const auto epochs = count[source] * static_cast<int>(block + 1) / static_cast<int>(sources[source].rows);
      for (const int times : reads[source]) ASSERT_TRUE(times == epochs || times == epochs + 1) << times;
    }
  }
  EXPECT_NEAR(sampler.epochs(3000), 600 / 9.0, 1e-9);  // of the source that is read most
  EXPECT_EQ(sampler.rows(), 5109u);
  EXPECT_EQ(error_of([] {
              Sampler({{10, 1}, {10, 1e-6}}, 1, 1);
            }),
            "config: sampler: got a source of weight 1e-06 among 1.000001, expected at least one part in 1000");
  EXPECT_EQ(error_of([] {
              Sampler({{10, 1}, {10, 0}}, 1, 1);
            }),
            "config: sampler: got a source of weight 0, expected more than 0");
}

TEST(Sampler, BudgetOfTokensIsNotExceeded) {
  EXPECT_EQ(rows_for_tokens(8192, 128), 64u);
  EXPECT_EQ(rows_for_tokens(8191, 128), 63u);
  EXPECT_EQ(rows_for_tokens(10, 128), 1u);
}

TEST(Sampler, RefusesEmptyBatches) {
  EXPECT_EQ(error_of([] { Sampler(10, 0, 1); }),
            "config: sampler: got 10 rows and batches of 0, expected at least 1 of each");
}

TEST(Prefetch, GivesItemsInOrder) {
  Prefetch<uint64_t> prefetch([](uint64_t number) { return number * number; }, 3, 200, 4);
  for (uint64_t number = 3; number < 200; ++number) {
    ASSERT_FALSE(prefetch.at_end());
    ASSERT_EQ(prefetch.next(), number * number);
  }
  EXPECT_TRUE(prefetch.at_end());
}

TEST(Prefetch, PassesTheExceptionAfterTheItemsBeforeIt) {
  Prefetch<uint64_t> prefetch(
      [](uint64_t number) {
        if (number == 5) throw std::runtime_error("item 5");
        return number;
      },
      0, 10, 2);
  for (uint64_t number = 0; number < 5; ++number) EXPECT_EQ(prefetch.next(), number);
  EXPECT_THROW(prefetch.next(), std::runtime_error);
}

TEST(Prefetch, StopsEarly) {
  Prefetch<uint64_t> prefetch([](uint64_t number) { return number; }, 0, 1ull << 60, 3);
  EXPECT_EQ(prefetch.next(), 0u);
}

}  // namespace
}  // namespace lmkor::data
