// Which tokens of the shards occur near each other, as positive pointwise mutual information: what word vectors can be
// read from without training (Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", 2014).
#pragma once

#include <cstdint>
#include <vector>

#include "lmkor/data/pieces.h"
#include "lmkor/data/shard.h"

namespace lmkor::data {

// A square matrix by rows: row i has the entries [starts[i], starts[i + 1]) of `columns` (ascending) and `values`.
struct SparseRows {
  std::vector<uint64_t> starts;
  std::vector<uint16_t> columns;
  std::vector<float> values;

  int64_t rows() const { return static_cast<int64_t>(starts.size()) - 1; }
};

struct CooccurrenceOptions {
  int64_t max_document_tokens = 0;  // as in RowTable; 0: all
  int window = 5;                   // places to each side; one at distance d counts (window + 1 - d) / window
  // Frequencies to this power, so that rare tokens do not stand nearest to everything (Levy, Goldberg and Dagan, 2015).
  double smoothing = 0.75;
  uint64_t max_tokens = uint64_t{1} << 28;  // where there are more, every n-th document is read
};

// The symmetric matrix [vocab, vocab] of max(0, log of how much more often than by chance two tokens meet), in natural
// logarithms, the smoothing halved between both sides. Special and unused tokens have empty rows. The same for any
// number of threads. Takes 6 bytes a token read and 6 bytes a pair of tokens that meet.
SparseRows positive_mutual_information(const ShardSet& shards, const PieceKinds& kinds,
                                       const CooccurrenceOptions& options, int threads);

}  // namespace lmkor::data
