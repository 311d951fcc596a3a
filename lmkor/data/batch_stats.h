// What training batches look like, counted from the batches themselves: rates of masking, whole words, lengths,
// padding.
#pragma once

#include <cstdint>

#include "lmkor/base/json.h"
#include "lmkor/data/batch.h"
#include "lmkor/data/pieces.h"

namespace lmkor::data {

class BatchStats {
 public:
  explicit BatchStats(int64_t sequence_length) : sequence_length_(sequence_length) {}

  void add(const MaskedBatch& batch, const PieceKinds& kinds);
  // All shares are of 1. A word is a piece that continues none, with the pieces that continue it; "partly" masked are
  // words of which some pieces are predicted and some are not.
  base::Json json() const;

 private:
  // Counts the words of the sequence at [begin, end).
  void add_words(const MaskedBatch& batch, const PieceKinds& kinds, size_t begin, size_t end,
                 const std::vector<bool>& predicted);

  struct Range {
    uint64_t count = 0, sum = 0, least = UINT64_MAX, most = 0;
    void add(uint64_t value);
    base::Json json() const;
  };
  int64_t sequence_length_;
  uint64_t batches_ = 0, rows_ = 0, tokens_ = 0, content_tokens_ = 0, padded_sequences_ = 0;
  Range batch_tokens_, sequence_tokens_, batch_predictions_;
  uint64_t masked_ = 0, random_ = 0, kept_ = 0;
  uint64_t words_ = 0, whole_words_ = 0, partly_words_ = 0, long_words_ = 0, long_whole_words_ = 0;
  uint64_t specials_predicted_ = 0, unknown_ = 0;
  uint64_t runs_ = 0, longest_run_ = 0;     // masked words that follow each other
  uint64_t pairs_ = 0, changed_pairs_ = 0;  // with a label, and of these label 1
};

}  // namespace lmkor::data
