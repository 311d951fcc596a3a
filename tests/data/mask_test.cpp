#include "lmkor/data/mask.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "data/sample.h"

namespace lmkor::data {
namespace {

class MaskTest : public testing::Test {
 protected:
  void use(int64_t length, int max_words = 12) {
    shards_ = std::make_unique<ShardSet>(ShardSet::open(write_sample("mask", sample_documents(3000, 21, max_words))));
    rows_ = std::make_unique<RowTable>(*shards_, kinds_, length);
  }
  MaskedBatch batch(MaskStyle style, const MaskOptions& options, std::span<const Example> examples,
                    uint64_t seed = 1) const {
    const Masker masker(kinds_, style, options, rows_->sequence_length(), seed);
    return make_masked_batch({{*shards_, *rows_, kinds_}}, masker, examples, 0);
  }
  std::vector<Example> all_rows() const {
    std::vector<Example> examples;
    for (uint64_t row = 0; row < rows_->size(); ++row) examples.push_back({row, row});
    return examples;
  }

  PieceKinds kinds_ = sample_kinds();
  std::unique_ptr<ShardSet> shards_;
  std::unique_ptr<RowTable> rows_;
};

TEST(MaskBudget, IsTheReferences) {
  const MaskOptions options;
  const auto bert = [&](int64_t length) { return mask_budget(MaskStyle::kBert, options, 128, length); };
  EXPECT_EQ(bert(3), 1);   // at least 1
  EXPECT_EQ(bert(10), 2);  // 1.5 to even
  EXPECT_EQ(bert(30), 4);  // 4.5 to even
  EXPECT_EQ(bert(50), 8);  // 7.5 to even
  EXPECT_EQ(bert(128), 19);
  EXPECT_EQ(mask_budget(MaskStyle::kBert, options, 512, 512), 77);
  EXPECT_EQ(mask_budget(MaskStyle::kBert, {.max_predictions = 20}, 512, 512), 20);
  EXPECT_EQ(mask_budget(MaskStyle::kElectra, options, 512, 512), 77);
  EXPECT_EQ(mask_budget(MaskStyle::kElectra, {.mask_share = 0.25}, 512, 512), 128);
  EXPECT_EQ(mask_budget(MaskStyle::kElectra, {.max_predictions = 79}, 512, 512), 77);
  EXPECT_EQ(mask_budget(MaskStyle::kElectra, options, 512, 2), 1);
}

void expect_consistent(const MaskedBatch& batch, const PieceKinds& kinds) {
  ASSERT_EQ(batch.masked_ids.size(), batch.ids.size());
  ASSERT_EQ(batch.labels.size(), batch.masked_positions.size());
  ASSERT_TRUE(std::is_sorted(batch.masked_positions.begin(), batch.masked_positions.end()));
  std::set<int32_t> masked(batch.masked_positions.begin(), batch.masked_positions.end());
  ASSERT_EQ(masked.size(), batch.masked_positions.size());
  for (size_t i = 0; i < batch.ids.size(); ++i) {
    if (masked.count(static_cast<int32_t>(i)) > 0) continue;
    ASSERT_EQ(batch.ids[i], batch.masked_ids[i]);
  }
  for (size_t m = 0; m < batch.labels.size(); ++m) {
    const auto position = static_cast<size_t>(batch.masked_positions[m]);
    ASSERT_EQ(batch.labels[m], batch.ids[position]);
    ASSERT_FALSE(kinds.is_special(batch.labels[m]));
    const int32_t now = batch.masked_ids[position];
    ASSERT_TRUE(now == kinds.mask || (!kinds.is_special(now) && !kinds.is_unused(now))) << now;
  }
}

struct Shares {
  double mask, random, kept, count;
};

Shares shares_of(const MaskedBatch& batch, const PieceKinds& kinds) {
  double mask = 0, random = 0, kept = 0;
  for (size_t m = 0; m < batch.labels.size(); ++m) {
    const int32_t now = batch.masked_ids[static_cast<size_t>(batch.masked_positions[m])];
    (now == kinds.mask ? mask : now == batch.labels[m] ? kept : random) += 1;
  }
  const auto count = static_cast<double>(batch.labels.size());
  return {mask / count, random / count, kept / count, count};
}

TEST_F(MaskTest, BertMasksWholeWordsWithinTheBudget) {
  use(64);
  const MaskedBatch batch = this->batch(MaskStyle::kBert, {}, all_rows());
  expect_consistent(batch, kinds_);
  const std::set<int32_t> masked(batch.masked_positions.begin(), batch.masked_positions.end());
  int64_t budget_all = 0;
  std::map<int, std::pair<int, int>> by_size;  // pieces of a word -> masked, all
  for (size_t s = 0; s < batch.sequences(); ++s) {
    const int32_t begin = batch.cu_seqlens[s], end = batch.cu_seqlens[s + 1];
    const int64_t budget = mask_budget(MaskStyle::kBert, {}, 64, end - begin);
    int64_t count = 0;
    for (int32_t i = begin + 1; i < end - 1;) {
      int32_t after = i + 1;
      while (after < end - 1 && kinds_.is_continuation(batch.ids[static_cast<size_t>(after)])) ++after;
      const bool is_masked = masked.count(i) > 0;
      for (int32_t j = i; j < after; ++j) ASSERT_EQ(masked.count(j) > 0, is_masked) << "a word was divided";
      if (is_masked) count += after - i;
      auto& [hit, all] = by_size[after - i];
      hit += is_masked;
      ++all;
      i = after;
    }
    ASSERT_LE(count, budget);
    budget_all += budget;
  }
  // Long words are skipped where they exceed what is left, so the budget is nearly but not quite used up.
  const double used = static_cast<double>(batch.labels.size()) / static_cast<double>(budget_all);
  EXPECT_GT(used, 0.75);
  EXPECT_LE(used, 1.0);
  const auto rate = [&](int size) { return static_cast<double>(by_size[size].first) / by_size[size].second; };
  EXPECT_GT(rate(1), rate(4));
}

TEST_F(MaskTest, BertRatesAre80And10And10) {
  use(64);
  for (const bool whole_words : {true, false}) {
    const MaskedBatch batch = this->batch(MaskStyle::kBert, {.whole_word_masking = whole_words}, all_rows());
    const Shares shares = shares_of(batch, kinds_);
    const double tolerance = 4 * 0.5 / std::sqrt(shares.count);
    EXPECT_NEAR(shares.mask, 0.8, tolerance);
    EXPECT_NEAR(shares.random, 0.1, tolerance);
    EXPECT_NEAR(shares.kept, 0.1, tolerance);
  }
}

TEST_F(MaskTest, ReplacementsAreUniformOverOrdinaryPieces) {
  use(64);
  std::map<int32_t, int> counts;
  int total = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const MaskedBatch batch = this->batch(MaskStyle::kBert, {.mask_share = 0.5}, all_rows(), seed);
    for (size_t m = 0; m < batch.labels.size(); ++m) {
      const int32_t now = batch.masked_ids[static_cast<size_t>(batch.masked_positions[m])];
      if (now == kinds_.mask || now == batch.labels[m]) continue;
      ++counts[now];
      ++total;
    }
  }
  EXPECT_EQ(counts.size(), kinds_.ordinary.size());
  const double expected = static_cast<double>(total) / static_cast<double>(kinds_.ordinary.size());
  double chi2 = 0;
  for (const auto& [id, count] : counts) chi2 += (count - expected) * (count - expected) / expected;
  const double freedom = static_cast<double>(kinds_.ordinary.size()) - 1;
  EXPECT_LT(std::abs(chi2 - freedom), 5 * std::sqrt(2 * freedom));
}

TEST_F(MaskTest, PlainMaskingUsesTheWholeBudgetAnywhere) {
  use(64);
  const MaskedBatch batch = this->batch(MaskStyle::kBert, {.whole_word_masking = false}, all_rows());
  expect_consistent(batch, kinds_);
  size_t expected = 0;
  for (size_t s = 0; s < batch.sequences(); ++s) {
    const int64_t length = batch.cu_seqlens[s + 1] - batch.cu_seqlens[s];
    expected += static_cast<size_t>(std::min(mask_budget(MaskStyle::kBert, {}, 64, length), length - 2));
  }
  EXPECT_EQ(batch.labels.size(), expected);
}

TEST_F(MaskTest, ElectraPredictsAllAndKeeps15Percent) {
  use(64);
  const MaskedBatch batch = this->batch(MaskStyle::kElectra, {}, all_rows());
  expect_consistent(batch, kinds_);
  const Shares shares = shares_of(batch, kinds_);
  const double tolerance = 4 * 0.5 / std::sqrt(shares.count);
  EXPECT_NEAR(shares.mask, 0.85, tolerance);
  EXPECT_EQ(shares.random, 0);
  EXPECT_NEAR(shares.kept, 0.15, tolerance);
  size_t expected = 0;
  for (size_t s = 0; s < batch.sequences(); ++s)
    expected +=
        static_cast<size_t>(mask_budget(MaskStyle::kElectra, {}, 64, batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]));
  EXPECT_EQ(batch.labels.size(), expected);
}

// Each place of a sequence is chosen equally often.
TEST_F(MaskTest, PlacesAreUniform) {
  use(16, 3);
  const std::vector<Example> one = {{0, 0}};
  const size_t end = static_cast<size_t>(batch(MaskStyle::kElectra, {}, one).cu_seqlens[1]);
  std::vector<double> hits(end, 0.0);
  constexpr int kTrials = 20000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::vector<Example> example = {{0, static_cast<uint64_t>(trial)}};
    for (const int32_t position : batch(MaskStyle::kElectra, {}, example).masked_positions)
      if (static_cast<size_t>(position) < end) ++hits[static_cast<size_t>(position)];
  }
  EXPECT_EQ(hits.front(), 0);
  EXPECT_EQ(hits.back(), 0);
  const double share = static_cast<double>(mask_budget(MaskStyle::kElectra, {}, 16, static_cast<int64_t>(end))) /
                       static_cast<double>(end - 2);
  for (size_t i = 1; i + 1 < end; ++i)
    EXPECT_NEAR(hits[i] / kTrials, share, 5 * std::sqrt(share * (1 - share) / kTrials)) << i;
}

TEST_F(MaskTest, MasksNgramsOfWholeWords) {
  use(128);
  // A small budget, so that runs hardly ever meet.
  const MaskOptions options{.mask_share = 0.1, .max_ngram = 3};
  std::map<size_t, double> runs;
  double all = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const MaskedBatch batch = this->batch(MaskStyle::kBert, options, all_rows(), seed);
    expect_consistent(batch, kinds_);
    const std::set<int32_t> masked(batch.masked_positions.begin(), batch.masked_positions.end());
    for (size_t s = 0; s < batch.sequences(); ++s) {
      const int32_t begin = batch.cu_seqlens[s] + 1, end = batch.cu_seqlens[s + 1] - 1;
      const auto chosen = static_cast<int64_t>(std::distance(masked.lower_bound(begin), masked.lower_bound(end)));
      EXPECT_LE(chosen, mask_budget(MaskStyle::kBert, options, 128, end - begin + 2));
      size_t run = 0;
      for (int32_t i = begin; i <= end; ++i) {
        const bool starts_word = i == end || !kinds_.is_continuation(batch.ids[static_cast<size_t>(i)]);
        if (!starts_word) {
          EXPECT_EQ(masked.contains(i), masked.contains(i - 1)) << "a word is divided";
          continue;
        }
        if (masked.contains(i)) {
          ++run;
        } else if (run > 0) {
          if (end - begin > 60) ++runs[run], ++all;
          run = 0;
        }
      }
    }
  }
  ASSERT_GT(all, 1000);
  EXPECT_GT(runs[1] / all, 0.35);
  EXPECT_GT(runs[1], runs[2]);
  EXPECT_GT(runs[2], runs[3]);
  EXPECT_LT((all - runs[1] - runs[2] - runs[3]) / all, 0.2);  // runs that touch
}

// n words at once with p(n) in proportion to 1 / n: 6 : 3 : 2 of eleven for up to three. With words of one piece and a
// budget of three, what is drawn first leaves three, two or one word for what follows, so the runs are
//   3          2/11
//   2 and 1    3/11 (two first) + 6/11 * 5/11 (one first, then two, or three cut to two) = 63/121
//   1, 1, 1    6/11 * 6/11 = 36/121
// but for runs that touch by chance, some 4 in 98 places.
TEST_F(MaskTest, NgramsAreDrawnInProportionToOneOverTheirLength) {
  std::vector<TokenizedDocument> documents(500);
  for (size_t i = 0; i < documents.size(); ++i) {
    documents[i].sentence_starts = {0};
    for (size_t word = 0; word < 100; ++word)
      documents[i].ids.push_back(static_cast<uint16_t>(kFirstWord + (i + 7 * word) % kWords));
  }
  shards_ = std::make_unique<ShardSet>(ShardSet::open(write_sample("ngrams", documents)));
  rows_ = std::make_unique<RowTable>(*shards_, kinds_, 102);
  std::map<size_t, double> by_runs;  // how many runs a sequence has -> sequences
  double all = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const MaskedBatch batch = this->batch(MaskStyle::kBert, {.max_predictions = 3, .max_ngram = 3}, all_rows(), seed);
    ASSERT_EQ(batch.masked_positions.size(), 3 * batch.sequences());
    for (size_t i = 0; i < batch.masked_positions.size(); i += 3, ++all) {
      const int32_t* places = &batch.masked_positions[i];
      ++by_runs[1 + (places[1] != places[0] + 1) + (places[2] != places[1] + 1)];
    }
  }
  ASSERT_GT(all, 8000);
  EXPECT_NEAR(by_runs[1] / all, 2.0 / 11, 0.03);
  EXPECT_NEAR(by_runs[2] / all, 63.0 / 121, 0.03);
  EXPECT_NEAR(by_runs[3] / all, 36.0 / 121, 0.03);
}

// The masks of an example are the same in whatever batch, rank or micro-batch it is prepared.
TEST_F(MaskTest, AreAFunctionOfTheExample) {
  use(64);
  const Sampler sampler(rows_->size(), 24, 3);
  for (const MaskStyle style : {MaskStyle::kBert, MaskStyle::kElectra}) {
    const MaskedBatch whole = batch(style, {}, sampler.batch(5));
    std::map<uint64_t, std::vector<int32_t>> alone;
    for (int rank = 0; rank < 3; ++rank) {
      for (const Example& example : sampler.batch(5, rank, 3))
        alone[example.number] = batch(style, {}, std::span(&example, 1)).masked_ids;
    }
    std::vector<int32_t> joined;
    for (const auto& [number, ids] : alone) joined.insert(joined.end(), ids.begin(), ids.end());
    EXPECT_EQ(whole.masked_ids, joined);
  }
}

TEST_F(MaskTest, DifferWithSeedAndVisit) {
  use(64);
  const std::vector<Example> first = {{0, 0}, {1, 1}}, later = {{0, 1000}, {1, 1001}};
  EXPECT_NE(batch(MaskStyle::kBert, {}, first, 1).masked_ids, batch(MaskStyle::kBert, {}, first, 2).masked_ids);
  EXPECT_NE(batch(MaskStyle::kBert, {}, first).masked_ids, batch(MaskStyle::kBert, {}, later).masked_ids);
}

}  // namespace
}  // namespace lmkor::data
