#include "lmkor/data/batch_stats.h"

#include <gtest/gtest.h>

#include "data/sample.h"
#include "lmkor/data/mask.h"

namespace lmkor::data {
namespace {

// Two sequences: [CLS] w c w [SEP] and [CLS] w c c w [SEP].
TEST(BatchStats, CountsWhatIsThere) {
  const PieceKinds kinds = sample_kinds();
  constexpr int32_t w = kFirstWord, c = kFirstWord + kWords;
  MaskedBatch batch;
  batch.ids = {2, w, c, w, 3, 2, w, c, c, w, 3};
  batch.cu_seqlens = {0, 5, 11};
  batch.max_length = 6;
  batch.rows = 1;
  batch.masked_ids = batch.ids;
  batch.masked_positions = {1, 2, 7, 9};
  batch.labels = {w, c, c, w};
  batch.masked_ids[1] = kinds.mask;
  batch.masked_ids[2] = c + 1;  // replaced; 7 is kept, 9 masked
  batch.masked_ids[9] = kinds.mask;
  BatchStats stats(16);
  stats.add(batch, kinds);
  const base::Json json = stats.json();
  EXPECT_EQ(json["sequences"], 2);
  EXPECT_EQ(json["tokens"], 11);
  EXPECT_EQ(json["masking"]["predictions"], 4);
  EXPECT_DOUBLE_EQ(json["masking"]["share_of_tokens"], 4.0 / 11);
  EXPECT_DOUBLE_EQ(json["masking"]["mask"], 0.5);
  EXPECT_DOUBLE_EQ(json["masking"]["random"], 0.25);
  EXPECT_DOUBLE_EQ(json["masking"]["kept"], 0.25);
  EXPECT_EQ(json["whole_words"]["words"], 4);
  EXPECT_EQ(json["whole_words"]["masked_words"], 2);
  EXPECT_EQ(json["whole_words"]["partly_masked_words"], 1);
  EXPECT_EQ(json["whole_words"]["words_of_several_pieces"], 2);
  EXPECT_EQ(json["whole_words"]["masked_words_of_several_pieces"], 1);
  EXPECT_EQ(json["lengths"]["min"], 5);
  EXPECT_EQ(json["lengths"]["max"], 6);
  EXPECT_DOUBLE_EQ(json["padding"]["share_if_rows_were_padded"], 5.0 / 16);
  EXPECT_DOUBLE_EQ(json["padding"]["share_if_sequences_were_padded"], 1.0 / 12);
}

TEST(BatchStats, OfWholeWordMaskingHasNoDividedWord) {
  const PieceKinds kinds = sample_kinds();
  const ShardSet shards = ShardSet::open(write_sample("stats", sample_documents(1000, 31)));
  const RowTable rows(shards, kinds, 128);
  const Sampler sampler(rows.size(), 8, 1);
  const Masker masker(kinds, MaskStyle::kBert, {}, 128, 1);
  BatchStats stats(128);
  for (uint64_t step = 0; step < 20; ++step)
    stats.add(make_masked_batch({{shards, rows, kinds}}, masker, sampler.batch(step), step), kinds);
  const base::Json json = stats.json();
  EXPECT_EQ(json["batches"], 20);
  EXPECT_EQ(json["whole_words"]["partly_masked_words"], 0);
  EXPECT_EQ(json["masking"]["special_tokens_predicted"], 0);
  EXPECT_NEAR(json["masking"]["share_of_tokens"].get<double>(), 0.14, 0.02);
}

}  // namespace
}  // namespace lmkor::data
