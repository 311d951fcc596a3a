#include "lmkor/data/examples.h"

#include <numeric>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "lmkor/data/batch.h"
#include "lmkor/data/mask.h"

namespace lmkor::data {
namespace {

TEST(Examples, CutAtSentencesThenAtWords) {
  const PieceKinds kinds = sample_kinds();
  constexpr uint16_t w = kFirstWord, c = kFirstWord + kWords;
  const std::vector<uint16_t> tokens = {w, c, w, c, w, c, c, c, c, c, c, c, c};
  const std::vector<uint32_t> starts = {100, 102, 104};
  const DocumentView view{tokens, starts, 100};
  EXPECT_EQ(piece_end(view, kinds, 0, 13), 13u);  // all of it
  EXPECT_EQ(piece_end(view, kinds, 0, 5), 4u);    // last sentence start that fits
  EXPECT_EQ(piece_end(view, kinds, 0, 4), 4u);
  EXPECT_EQ(piece_end(view, kinds, 0, 3), 2u);
  EXPECT_EQ(piece_end(view, kinds, 4, 6), 10u);  // one long word: cut hard
  const DocumentView one{tokens, std::span(starts).first(1), 100};
  EXPECT_EQ(piece_end(one, kinds, 0, 3), 2u);  // before the word that does not fit
}

// Every token of every document is in exactly one piece of one row, or counted as dropped.
TEST(Examples, RowsCoverEveryTokenOnce) {
  const PieceKinds kinds = sample_kinds();
  for (const int64_t length : {8, 16, 64, 300}) {
    const ShardSet shards = ShardSet::open(write_sample("rows", sample_documents(400, 11)));
    const RowTable rows(shards, kinds, length);
    std::vector<std::vector<int>> seen(shards.documents());
    for (uint64_t i = 0; i < shards.documents(); ++i) seen[i].resize(shards.document(i).size());
    uint64_t tokens = 0, sequences = 0, kept = 0;
    std::vector<Piece> pieces, next;
    for (uint64_t row = 0; row < rows.size(); ++row) {
      rows.pieces(shards, kinds, row, pieces);
      ASSERT_FALSE(pieces.empty());
      uint32_t used = 0;
      for (const Piece& piece : pieces) {
        EXPECT_GE(piece.size(), kMinPieceTokens);
        used += piece.size() + kSpecialsPerSequence;
        kept += piece.size();
        for (uint32_t i = piece.begin; i < piece.end; ++i) ++seen[piece.document][i];
      }
      ASSERT_LE(used, length);
      tokens += used;
      sequences += pieces.size();
      if (row + 1 == rows.size()) continue;
      rows.pieces(shards, kinds, row + 1, next);  // next-fit: the next piece did not fit here
      EXPECT_GT(used + next.front().size() + kSpecialsPerSequence, length);
    }
    uint64_t missing = 0;
    for (const auto& document : seen) {
      for (const int count : document) {
        ASSERT_LE(count, 1);
        missing += count == 0;
      }
    }
    EXPECT_EQ(missing, rows.dropped_tokens());
    EXPECT_EQ(kept + missing, shards.tokens());
    EXPECT_EQ(tokens, rows.tokens());
    EXPECT_EQ(sequences, rows.sequences());
  }
}

TEST(Examples, BatchHoldsTheRows) {
  const PieceKinds kinds = sample_kinds();
  const ShardSet shards = ShardSet::open(write_sample("batch", sample_documents(100, 12)));
  const RowTable rows(shards, kinds, 64);
  const std::vector<Example> examples = {{3, 0}, {0, 1}};
  const Batch batch = make_batch({{shards, rows, kinds}}, examples, 7);
  EXPECT_EQ(batch.step, 7u);
  EXPECT_EQ(batch.rows, 2u);
  std::vector<Piece> pieces;
  size_t at = 0, sequence = 0;
  for (const Example& example : examples) {
    rows.pieces(shards, kinds, example.row, pieces);
    for (const Piece& piece : pieces) {
      ASSERT_EQ(batch.cu_seqlens[sequence++], static_cast<int32_t>(at));
      EXPECT_EQ(batch.ids[at], kinds.cls);
      for (uint32_t i = 0; i < piece.size(); ++i)
        ASSERT_EQ(batch.ids[at + 1 + i], shards.document(piece.document)[piece.begin + i]);
      EXPECT_EQ(batch.ids[at + 1 + piece.size()], kinds.sep);
      for (uint32_t i = 0; i < piece.size() + 2; ++i) ASSERT_EQ(batch.position_ids[at + i], static_cast<int32_t>(i));
      at += piece.size() + 2;
    }
  }
  EXPECT_EQ(batch.sequences(), sequence);
  EXPECT_EQ(batch.cu_seqlens.back(), static_cast<int32_t>(at));
  EXPECT_EQ(batch.size(), at);
  EXPECT_EQ(batch.type_ids, std::vector<int32_t>(at, 0));
}

TEST(Examples, LongDocumentsGiveTheirBeginning) {
  const PieceKinds kinds = sample_kinds();
  const ShardSet shards = ShardSet::open(write_sample("cap", sample_documents(120, 14)));
  const RowTable whole(shards, kinds, 32), cut(shards, kinds, 32, 40);
  uint64_t beyond = 0;
  for (uint64_t i = 0; i < shards.documents(); ++i) {
    const size_t size = shards.document(i).size();
    beyond += size > 40 ? size - 40 : 0;
  }
  ASSERT_GT(beyond, 0u);
  EXPECT_EQ(cut.cut_tokens(), beyond);
  EXPECT_EQ(whole.cut_tokens(), 0u);
  EXPECT_EQ(cut.tokens() - 2 * cut.sequences() + cut.dropped_tokens() + beyond, shards.tokens());
  std::vector<Piece> pieces;
  for (uint64_t row = 0; row < cut.size(); ++row) {
    cut.pieces(shards, kinds, row, pieces);
    ASSERT_FALSE(pieces.empty());
    for (const Piece& piece : pieces) EXPECT_LE(piece.end, 40u);
  }
}

TEST(Examples, RefuseImpossibleLengthsAndForeignKinds) {
  const ShardSet shards = ShardSet::open(write_sample("refuse", sample_documents(10, 13)));
  EXPECT_EQ(error_of([&] { RowTable(shards, sample_kinds(), 7); }),
            "config: sequence_length: got 7, expected at least 8");
  std::vector<std::string> tokens = sample_tokens();
  tokens.pop_back();
  EXPECT_EQ(error_of([&] { RowTable(shards, piece_kinds(tokens), 64); }),
            "incompatible: " + shards.folder().string() + ": shards of a vocabulary of 210 tokens, got one of 209");
}

}  // namespace
}  // namespace lmkor::data
