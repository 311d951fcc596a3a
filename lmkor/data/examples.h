// Rows for pretraining: documents are cut into pieces, each piece becomes one sequence [CLS] piece [SEP], and a row
// holds consecutive sequences up to sequence_length tokens, never padding. Only where each row begins is kept; the cuts
// are a pure function of the shards and are found again when a row is read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmkor/data/pieces.h"
#include "lmkor/data/shard.h"

namespace lmkor::data {

// Tokens [begin, end) of a document.
struct Piece {
  uint64_t document;
  uint32_t begin, end;
  uint32_t size() const { return end - begin; }
};

constexpr uint32_t kMinPieceTokens = 3;  // shorter pieces say nothing; they are left out and counted
constexpr uint32_t kSpecialsPerSequence = 2, kSpecialsPerPair = 3;

// End of the piece that begins at `begin`: the document's end if it fits in `capacity` tokens, else the last sentence
// start that fits, else the last start of a word, else begin + capacity.
uint32_t piece_end(const DocumentView& document, const PieceKinds& kinds, uint32_t begin, uint32_t capacity);

class RowTable {
 public:
  // Throws kData if the shards are damaged or hold no row, kConfig if sequence_length < 8.
  // Of each document only the first `max_document_tokens` are used (0: all), so that a few long documents do not drown
  // many short ones. `specials` is the room each sequence has for [CLS] and [SEP]: kSpecialsPerPair for pairs.
  RowTable(const ShardSet& shards, const PieceKinds& kinds, int64_t sequence_length, int64_t max_document_tokens = 0,
           uint32_t specials = kSpecialsPerSequence);

  uint64_t size() const { return starts_.size(); }
  // The pieces of `row`, in order, in `out` (replaced). Needs the shards and kinds the table was built on.
  void pieces(const ShardSet& shards, const PieceKinds& kinds, uint64_t row, std::vector<Piece>& out) const;

  int64_t sequence_length() const { return sequence_length_; }
  uint64_t sequences() const { return sequences_; }
  uint64_t tokens() const { return tokens_; }  // in all rows, [CLS] and [SEP] included
  uint64_t dropped_pieces() const { return dropped_pieces_; }
  uint64_t dropped_tokens() const { return dropped_tokens_; }  // in pieces that are too short
  uint64_t cut_tokens() const { return cut_tokens_; }          // beyond max_document_tokens

 private:
  struct Start {
    uint32_t document, token;
  };
  DocumentView view(const ShardSet& shards, uint64_t index) const;
  int64_t sequence_length_, max_document_tokens_;
  uint32_t specials_;
  std::vector<Start> starts_;
  uint64_t sequences_ = 0, tokens_ = 0, dropped_pieces_ = 0, dropped_tokens_ = 0, cut_tokens_ = 0;
};

}  // namespace lmkor::data
