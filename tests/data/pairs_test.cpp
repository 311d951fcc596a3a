// Pairs of segments in real batches: where they are divided, how often they are changed, and that nothing else is.
#include "lmkor/data/pairs.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "data/sample.h"
#include "lmkor/data/batch.h"
#include "lmkor/data/batch_stats.h"
#include "lmkor/data/mask.h"

namespace lmkor::data {
namespace {

class PairsTest : public testing::Test {
 protected:
  PairsTest() : shards_(ShardSet::open(write_sample("pairs", sample_documents(2000, 5)))) {}

  Batch batch(Pairs pairs, uint64_t seed = 1, uint64_t number = 0) const {
    std::vector<Example> examples;
    for (uint64_t row = 0; row < rows_.size(); ++row) examples.push_back({row, number + row});
    return make_batch({{shards_, rows_, kinds_, pairs, seed}}, examples, 0);
  }
  // The pieces of all rows, in the order of the batch's sequences.
  std::vector<Piece> pieces() const {
    std::vector<Piece> out, row_pieces;
    for (uint64_t row = 0; row < rows_.size(); ++row) {
      rows_.pieces(shards_, kinds_, row, row_pieces);
      out.insert(out.end(), row_pieces.begin(), row_pieces.end());
    }
    return out;
  }
  // Starts of sentences inside a piece, counted from its first token.
  std::set<size_t> splits(const Piece& piece) const {
    std::set<size_t> out;
    const DocumentView document = shards_.view(piece.document);
    for (const uint32_t start : document.sentence_starts) {
      const uint32_t at = start - document.base;
      if (at > piece.begin && at < piece.end) out.insert(at - piece.begin);
    }
    return out;
  }
  // Tokens of the two segments of sequence `s`, the second empty where there is one segment; checks the frame.
  std::pair<std::vector<int32_t>, std::vector<int32_t>> segments(const Batch& batch, size_t s) const {
    const auto begin = static_cast<size_t>(batch.cu_seqlens[s]), end = static_cast<size_t>(batch.cu_seqlens[s + 1]);
    EXPECT_EQ(batch.ids[begin], kinds_.cls);
    EXPECT_EQ(batch.ids[end - 1], kinds_.sep);
    std::vector<std::vector<int32_t>> parts(1);
    for (size_t i = begin + 1; i < end; ++i) {
      EXPECT_EQ(batch.type_ids[i], static_cast<int32_t>(parts.size()) - 1);
      if (batch.ids[i] != kinds_.sep) {
        parts.back().push_back(batch.ids[i]);
      } else if (i + 1 < end) {
        parts.emplace_back();
      }
    }
    EXPECT_LE(parts.size(), 2u);
    parts.resize(2);
    return {parts[0], parts[1]};
  }

  PieceKinds kinds_ = sample_kinds();
  ShardSet shards_;
  RowTable rows_{shards_, kinds_, 64, 0, kSpecialsPerPair};
};

TEST_F(PairsTest, SentenceOrderDividesAtSentencesAndSwapsHalfOfThem) {
  const Batch batch = this->batch(Pairs::kSentenceOrder);
  const std::vector<Piece> pieces = this->pieces();
  ASSERT_EQ(batch.sequences(), pieces.size());
  ASSERT_EQ(batch.pair_labels.size(), pieces.size());
  double pairs = 0, swapped = 0;
  for (size_t s = 0; s < pieces.size(); ++s) {
    auto [first, second] = segments(batch, s);
    const std::set<size_t> allowed = splits(pieces[s]);
    const int32_t label = batch.pair_labels[s];
    // The leak of the references: a piece of one sentence has no label, whatever would be easy to tell.
    EXPECT_EQ(label == Segments::kNoLabel, allowed.empty());
    EXPECT_EQ(second.empty(), allowed.empty());
    if (label == 1) std::swap(first, second);
    if (!allowed.empty()) {
      EXPECT_TRUE(allowed.contains(first.size()));
    }
    first.insert(first.end(), second.begin(), second.end());
    const auto tokens = shards_.document(pieces[s].document).subspan(pieces[s].begin, pieces[s].size());
    EXPECT_EQ(first, std::vector<int32_t>(tokens.begin(), tokens.end()));
    pairs += label != Segments::kNoLabel;
    swapped += label == 1;
  }
  EXPECT_GT(pairs, 500);
  EXPECT_NEAR(swapped / pairs, 0.5, 0.06);
  for (size_t row = 0; row + 1 < batch.cu_seqlens.size(); ++row)
    EXPECT_LE(batch.cu_seqlens[row + 1] - batch.cu_seqlens[row], 64);
}

TEST_F(PairsTest, NextSentencesOfOthersComeFromOtherDocumentsAndAreNotLonger) {
  const Batch batch = this->batch(Pairs::kNextSentence);
  const std::vector<Piece> pieces = this->pieces();
  double pairs = 0, changed = 0;
  for (size_t s = 0; s < pieces.size(); ++s) {
    const auto [first, second] = segments(batch, s);
    const auto tokens = shards_.document(pieces[s].document).subspan(pieces[s].begin, pieces[s].size());
    if (batch.pair_labels[s] == Segments::kNoLabel) continue;
    ++pairs;
    ASSERT_EQ(first, std::vector<int32_t>(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(first.size())));
    const std::vector<int32_t> rest(tokens.begin() + static_cast<std::ptrdiff_t>(first.size()), tokens.end());
    EXPECT_LE(second.size(), rest.size());
    if (batch.pair_labels[s] == 1) {
      ++changed;
      if (rest.size() > 3) {  // short ones may be equal by chance
        EXPECT_NE(second, rest);
      }
    } else {
      EXPECT_EQ(second, rest);
    }
  }
  EXPECT_NEAR(changed / pairs, 0.5, 0.06);
}

TEST_F(PairsTest, AreAFunctionOfSeedAndExample) {
  EXPECT_EQ(batch(Pairs::kSentenceOrder).ids, batch(Pairs::kSentenceOrder).ids);
  EXPECT_NE(batch(Pairs::kSentenceOrder).ids, batch(Pairs::kSentenceOrder, 2).ids);
  EXPECT_NE(batch(Pairs::kSentenceOrder).ids, batch(Pairs::kSentenceOrder, 1, 100000).ids);
  EXPECT_TRUE(batch(Pairs::kNone).pair_labels.empty());
}

TEST_F(PairsTest, AreCountedInTheStatistics) {
  std::vector<Example> examples;
  for (uint64_t row = 0; row < rows_.size(); ++row) examples.push_back({row, row});
  const Masker masker(kinds_, MaskStyle::kBert, {}, 64, 1);
  BatchStats stats(64);
  stats.add(make_masked_batch({{shards_, rows_, kinds_, Pairs::kSentenceOrder, 1}}, masker, examples, 0), kinds_);
  const base::Json found = stats.json();
  EXPECT_NEAR(found["pairs"]["changed_share"].get<double>(), 0.5, 0.06);
  EXPECT_GT(found["pairs"]["share_of_sequences"].get<double>(), 0.5);
  EXPECT_EQ(found["masking"]["special_tokens_predicted"], 0);
  EXPECT_EQ(found["whole_words"]["partly_masked_words"], 0);
}

}  // namespace
}  // namespace lmkor::data
