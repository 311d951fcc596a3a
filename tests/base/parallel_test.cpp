#include "lmkor/base/parallel.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace lmkor::base {
namespace {

constexpr int kThreads[] = {1, 2, 3, 8};

// Waits a little, longer for some indices, so that threads overtake each other.
void dawdle(size_t index) {
  if (index % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

std::string what_is_thrown(const std::function<void()>& run) {
  try {
    run();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  for (const int threads : kThreads) {
    for (const size_t count : {0, 1, 5, 1000}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_for(count, threads, [&](size_t i) { ++visits[i]; });
      for (const auto& times : visits) ASSERT_EQ(times, 1);
    }
  }
}

TEST(ParallelFor, ThrowsTheFailureOfTheLowestIndex) {
  for (const int threads : kThreads) {
    for (int round = 0; round < 20; ++round) {
      const auto run = [&] {
        parallel_for(200, threads, [](size_t i) {
          dawdle(i);
          if (i % 14 == 13 || i == 35) throw std::runtime_error("index " + std::to_string(i));
        });
      };
      ASSERT_EQ(what_is_thrown(run), "index 13") << threads << " threads";
    }
  }
}

// Numbers 0.. doubled by a pipeline; the first `count`, or until a step of it throws.
struct Pipeline {
  size_t count = 500;
  size_t produce_fails = SIZE_MAX, map_fails = SIZE_MAX, consume_fails = SIZE_MAX;
  std::vector<size_t> taken;

  void run(int threads) {
    size_t next = 0;
    using Item = std::unique_ptr<size_t>;  // not copied on its way
    ordered_pipeline<Item, Item>(
        threads,
        [&]() -> std::optional<Item> {
          if (next == produce_fails) throw std::runtime_error("produce");
          if (next == count) return std::nullopt;
          return std::make_unique<size_t>(next++);
        },
        [&](Item&& item) {
          dawdle(*item);
          if (*item >= map_fails) throw std::runtime_error("map " + std::to_string(*item));
          return std::make_unique<size_t>(*item * 2);
        },
        [&](Item&& item) {
          if (*item / 2 == consume_fails) throw std::runtime_error("consume");
          taken.push_back(*item);
        });
  }
};

std::vector<size_t> doubled(size_t count) {
  std::vector<size_t> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = 2 * i;
  return out;
}

TEST(OrderedPipeline, ResultsComeInOrderForAnyNumberOfThreads) {
  for (const int threads : kThreads) {
    Pipeline pipeline;
    pipeline.run(threads);
    EXPECT_EQ(pipeline.taken, doubled(500)) << threads << " threads";
  }
}

TEST(OrderedPipeline, NothingComesOfNothing) {
  Pipeline pipeline{.count = 0, .taken = {}};
  pipeline.run(3);
  EXPECT_TRUE(pipeline.taken.empty());
}

TEST(OrderedPipeline, WhatCameBeforeAFailureIsTakenAndNothingAfterIt) {
  for (const int threads : kThreads) {
    Pipeline produce{.produce_fails = 100, .taken = {}};
    EXPECT_EQ(what_is_thrown([&] { produce.run(threads); }), "produce");
    EXPECT_EQ(produce.taken, doubled(100));
    Pipeline map{.map_fails = 100, .taken = {}};
    EXPECT_EQ(what_is_thrown([&] { map.run(threads); }), "map 100");
    EXPECT_EQ(map.taken, doubled(100));
    Pipeline consume{.consume_fails = 100, .taken = {}};
    EXPECT_EQ(what_is_thrown([&] { consume.run(threads); }), "consume");
    EXPECT_EQ(consume.taken, doubled(100));
  }
}

TEST(OrderedPipeline, HoldsABoundedNumberOfItems) {
  std::atomic<int> alive{0}, most{0};
  size_t next = 0;
  ordered_pipeline<size_t, size_t>(
      2,
      [&]() -> std::optional<size_t> {
        if (next == 300) return std::nullopt;
        const int now = ++alive;
        if (now > most) most = now;
        return next++;
      },
      [](size_t&& item) { return item; },
      [&](size_t&&) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        --alive;
      });
  EXPECT_LE(most, 4 * 2 + 1) << "and the one in the consumer's hands";
}

TEST(Threads, AreThoseAskedForOrAllThatMayBeUsed) {
  EXPECT_GE(available_threads(), 1);
  EXPECT_EQ(resolve_threads(0), available_threads());
  EXPECT_EQ(resolve_threads(3), 3);
}

}  // namespace
}  // namespace lmkor::base
