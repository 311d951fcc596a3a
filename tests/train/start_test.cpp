// Values before the first step: against libtorch's own decomposition of the dense matrix.
#include "lmkor/train/start.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "expect_error.h"
#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;

struct Sample {
  data::ShardSet shards;
  data::PieceKinds kinds = data::sample_kinds();
  data::SparseRows information;

  explicit Sample(const std::string& name)
      : shards(data::ShardSet::open(make_shards(name))),
        information(data::positive_mutual_information(shards, kinds, {}, 1)) {}
};

TEST(CooccurrenceEmbeddings, AreThoseOfTheWholeDecomposition) {
  // A symmetric matrix with values of both signs, of which six stand out; the last row is empty.
  constexpr int64_t kSize = 90, kWidth = 6;
  at::manual_seed(5);
  const at::Tensor basis = std::get<0>(at::linalg_qr(at::randn({kSize - 1, kSize - 1}, at::kDouble)));
  at::Tensor values = at::rand({kSize - 1}, at::kDouble);
  for (int i = 0; i < kWidth; ++i) values[i] = (i % 2 == 0 ? 10.0 : -10.0) - i;
  const at::Tensor matrix = basis.mm(at::diag(values)).mm(basis.t());
  data::SparseRows sparse;
  sparse.starts.push_back(0);
  for (int64_t row = 0; row < kSize - 1; ++row) {
    for (int64_t column = 0; column < kSize - 1; ++column) {
      sparse.columns.push_back(static_cast<uint16_t>(column));
      sparse.values.push_back(static_cast<float>(matrix[row][column].item<double>()));
    }
    sparse.starts.push_back(sparse.columns.size());
  }
  sparse.starts.push_back(sparse.columns.size());

  const at::Tensor got = cooccurrence_embeddings(sparse, kWidth, 2.0, 1).to(at::kDouble);
  at::Tensor want = basis.narrow(1, 0, kWidth) * values.narrow(0, 0, kWidth).abs().sqrt();
  want = want * 2.0 / at::linalg_vector_norm(want, 2, {1}, true);
  // Singular vectors are known up to their signs; what rows are to each other is not.
  const at::Tensor rows = got.narrow(0, 0, kSize - 1);
  EXPECT_LT((rows.mm(rows.t()) - want.mm(want.t())).abs().max().item<double>(), 1e-3);
  EXPECT_EQ(got[kSize - 1].abs().max().item<double>(), 0);
}

TEST(CooccurrenceEmbeddings, AreTheSameForAnyNumberOfThreads) {
  const Sample sample("svd-threads");
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = cooccurrence_embeddings(sample.information, 16, 1.0, 3);
  for (const int count : {2, 3}) {
    at::set_num_threads(count);
    EXPECT_TRUE(cooccurrence_embeddings(sample.information, 16, 1.0, 3).equal(one)) << count;
    EXPECT_EQ(at::get_num_threads(), count);
  }
  at::set_num_threads(threads);
}

TEST(CooccurrenceEmbeddings, CannotBeWiderThanTheVocabulary) {
  const Sample sample("svd-wide");
  EXPECT_EQ(error_text(ErrorKind::kConfig, [&] { cooccurrence_embeddings(sample.information, 4096, 1, 1); }),
            "train.embeddings_from_cooccurrence: got embeddings of width 4096, expected at most the vocabulary's 210 "
            "tokens");
}

TEST(Start, SetsSharedEmbeddingsOnceAndKeepsRowsOfTokensThatMeetNoOther) {
  const Sample sample("start");
  ObjectiveSpec spec;
  spec.config = small_job("electra", "", "").config;
  spec.generator = {.size = 0.5};
  spec.config.vocab_size = sample.kinds.size();
  const auto objective = make_objective(spec), untouched = make_objective(spec);
  start_from_cooccurrence(*objective, sample.information, 0.1, 1);
  const at::Tensor rows = objective->networks()[0].network->embeddings.word_VE;
  const at::Tensor before = untouched->networks()[0].network->embeddings.word_VE;
  EXPECT_TRUE(rows.is_same(objective->networks()[1].network->embeddings.word_VE));
  EXPECT_NEAR(rows[data::kFirstWord].norm().item<double>(), 0.1 * std::sqrt(16.0), 1e-4);
  EXPECT_TRUE(rows[rows.size(0) - 1].equal(before[rows.size(0) - 1]));  // [unused9]

  std::vector<uint64_t> counts(static_cast<size_t>(sample.kinds.size()), 3);
  counts[7] = 99;
  start_from_frequencies(*objective, counts);
  const at::Tensor bias = objective->networks()[1].network->masked_lm.bias_V;
  EXPECT_NEAR(bias.exp().sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(bias[7].item<double>() - bias[8].item<double>(), std::log(100.0 / 4), 1e-5);
}

}  // namespace
}  // namespace lmkor::train
