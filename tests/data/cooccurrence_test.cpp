#include "lmkor/data/cooccurrence.h"

#include <algorithm>
#include <cmath>

#include "data/sample.h"

namespace lmkor::data {
namespace {

// The definition, pair by pair: informations [vocab][vocab] of documents cut to `limit` tokens.
std::vector<std::vector<double>> by_definition(const ShardSet& shards, const PieceKinds& kinds, size_t limit,
                                               int window, double smoothing) {
  const auto vocab = static_cast<size_t>(kinds.size());
  std::vector<std::vector<double>> counts(vocab, std::vector<double>(vocab));
  for (uint64_t index = 0; index < shards.documents(); ++index) {
    const auto all = shards.document(index);
    const auto document = all.first(std::min(limit, all.size()));
    for (size_t i = 0; i < document.size(); ++i) {
      for (size_t j = 0; j < document.size(); ++j) {
        const size_t distance = i > j ? i - j : j - i;
        if (distance == 0 || distance > static_cast<size_t>(window)) continue;
        counts[document[i]][document[j]] += static_cast<double>(window + 1 - static_cast<int>(distance)) / window;
      }
    }
  }
  double total = 0, smoothed = 0;
  std::vector<double> sums(vocab);
  for (size_t a = 0; a < vocab; ++a) {
    for (const double count : counts[a]) sums[a] += count;
    total += sums[a];
    smoothed += std::pow(sums[a], smoothing);
  }
  for (size_t a = 0; a < vocab; ++a) {
    for (size_t b = 0; b < vocab; ++b) {
      if (counts[a][b] == 0) continue;
      const auto information = [&](double plain, double other) {
        return std::log(counts[a][b] / total / (plain / total * std::pow(other, smoothing) / smoothed));
      };
      counts[a][b] = std::max(0.0, (information(sums[a], sums[b]) + information(sums[b], sums[a])) / 2);
    }
  }
  return counts;
}

TEST(Cooccurrence, IsItsDefinitionForAnyNumberOfThreads) {
  const ShardSet shards = ShardSet::open(write_sample("meet", sample_documents(60, 21)));
  const PieceKinds kinds = sample_kinds();
  for (const int64_t limit : {0, 9}) {
    const CooccurrenceOptions options{.max_document_tokens = limit, .window = 3, .smoothing = 0.6};
    const SparseRows got = positive_mutual_information(shards, kinds, options, 1);
    const auto want = by_definition(shards, kinds, limit > 0 ? static_cast<size_t>(limit) : SIZE_MAX, 3, 0.6);
    ASSERT_EQ(got.rows(), kinds.size());
    size_t entries = 0;
    for (size_t a = 0; a < want.size(); ++a) {
      std::vector<double> row(want.size());
      for (uint64_t i = got.starts[a]; i < got.starts[a + 1]; ++i) {
        row[got.columns[i]] = got.values[i];
        if (i > got.starts[a]) {
          EXPECT_LT(got.columns[i - 1], got.columns[i]);
        }
        EXPECT_GT(got.values[i], 0);
        ++entries;
      }
      for (size_t b = 0; b < want.size(); ++b) EXPECT_NEAR(row[b], want[a][b], 1e-5) << a << ", " << b;
    }
    EXPECT_GT(entries, 500u);
    for (const int threads : {2, 3}) {
      const SparseRows other = positive_mutual_information(shards, kinds, options, threads);
      EXPECT_EQ(other.starts, got.starts);
      EXPECT_EQ(other.columns, got.columns);
      EXPECT_EQ(other.values, got.values);
    }
  }
}

TEST(Cooccurrence, ReadsFewerDocumentsWhereThereAreTooManyTokens) {
  const ShardSet shards = ShardSet::open(write_sample("many", sample_documents(60, 22)));
  const PieceKinds kinds = sample_kinds();
  const auto entries = [&](uint64_t max_tokens) {
    return positive_mutual_information(shards, kinds, {.max_tokens = max_tokens}, 1).columns.size();
  };
  EXPECT_LT(entries(shards.tokens() / 4), entries(shards.tokens() + 1));
  EXPECT_GT(entries(shards.tokens() / 4), 0u);
}

}  // namespace
}  // namespace lmkor::data
