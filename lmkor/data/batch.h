// One training batch on the host: packed rows without padding, as plain int32 vectors that a tensor can view in place.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmkor/data/examples.h"
#include "lmkor/data/pairs.h"
#include "lmkor/data/pieces.h"
#include "lmkor/data/sampler.h"
#include "lmkor/data/shard.h"

namespace lmkor::data {

class Masker;

// N tokens in S sequences, each [CLS] x [SEP] or [CLS] x [SEP] y [SEP].
struct Batch {
  std::vector<int32_t> ids;           // N
  std::vector<int32_t> position_ids;  // N, from 0 in each sequence
  std::vector<int32_t> type_ids;      // N, 0, and 1 in the second segment of a pair with its [SEP]
  std::vector<int32_t> cu_seqlens;    // S + 1
  std::vector<int32_t> pair_labels;   // S, Segments::label; empty where no pairs are asked for
  int32_t max_length = 0;             // of a sequence
  uint64_t rows = 0;                  // rows packed here
  uint64_t step = 0;

  size_t size() const { return ids.size(); }
  size_t sequences() const { return cu_seqlens.empty() ? 0 : cu_seqlens.size() - 1; }
};

struct MaskedBatch : Batch {
  std::vector<int32_t> masked_ids;        // N: ids with the replacements
  std::vector<int32_t> masked_positions;  // M: where a prediction is asked for, ascending places in ids
  std::vector<int32_t> labels;            // M: the original ids there
  std::vector<float> draws;               // M: uniform in [0, 1), with which a generator's token is drawn (kElectra)
};

// What batches are made of; all three must outlive their use. `rows` must have been made for pairs where they are asked
// for.
struct BatchSource {
  const ShardSet& shards;
  const RowTable& rows;
  const PieceKinds& kinds;
  Pairs pairs = Pairs::kNone;
  uint64_t seed = 0;  // of the pairs
};

// Rows of sources[example.source], all of one vocabulary and one length.
Batch make_batch(const std::vector<BatchSource>& sources, std::span<const Example> examples, uint64_t step);
// The same with masks, each sequence by itself; masks and pairs depend on the examples' numbers, not on how they are
// divided among processes or micro-batches.
MaskedBatch make_masked_batch(const std::vector<BatchSource>& sources, const Masker& masker,
                              std::span<const Example> examples, uint64_t step);

}  // namespace lmkor::data
