#include "lmkor/data/batch.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/data/mask.h"

namespace lmkor::data {
namespace {

[[noreturn]] void fail_outside(const BatchSource& source, const Piece& piece) {
  throw base::Error(base::ErrorKind::kData, base::str(source.shards.folder().string(), ": document ", piece.document,
                                                      " holds an id outside the vocabulary of ", source.kinds.size(),
                                                      "; the file is damaged: make the shards again with lmkor shard"));
}

// A segment and its [SEP] behind what is there.
void append(Batch& batch, std::span<const uint16_t> tokens, int32_t type, int32_t sep) {
  batch.ids.insert(batch.ids.end(), tokens.begin(), tokens.end());
  batch.ids.push_back(sep);
  batch.type_ids.resize(batch.ids.size(), type);
}

// Appends the rows' sequences to `batch`; each(number, place, begin, end) is called after every sequence.
template <class Each>
void fill(const std::vector<BatchSource>& sources, std::span<const Example> examples, Batch& batch, const Each& each) {
  const size_t most = examples.size() * static_cast<size_t>(sources.front().rows.sequence_length());
  batch.ids.reserve(most);
  batch.type_ids.reserve(most);
  batch.position_ids.reserve(most);
  batch.cu_seqlens.push_back(0);
  batch.rows = examples.size();
  std::vector<Piece> pieces;
  for (const Example& example : examples) {
    const BatchSource& source = sources[example.source];
    const base::Random random(source.seed, base::RandomUse::kPair, example.number);
    source.rows.pieces(source.shards, source.kinds, example.row, pieces);
    uint64_t place = 0;
    for (const Piece& piece : pieces) {
      const size_t begin = batch.ids.size();
      const Segments segments = divide(source.shards, piece, source.pairs, random, place);
      for (const auto& tokens : {segments.first, segments.second}) {
        if (!tokens.empty() && *std::max_element(tokens.begin(), tokens.end()) >= source.kinds.size())
          fail_outside(source, piece);
      }
      batch.ids.push_back(source.kinds.cls);
      append(batch, segments.first, 0, source.kinds.sep);
      if (!segments.second.empty()) append(batch, segments.second, 1, source.kinds.sep);
      if (source.pairs != Pairs::kNone) batch.pair_labels.push_back(segments.label);
      const size_t length = batch.ids.size() - begin;
      for (size_t i = 0; i < length; ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
      batch.cu_seqlens.push_back(static_cast<int32_t>(batch.ids.size()));
      batch.max_length = std::max(batch.max_length, static_cast<int32_t>(length));
      each(example.number, place, begin, begin + length);
      place += length;
    }
  }
}

}  // namespace

Batch make_batch(const std::vector<BatchSource>& sources, std::span<const Example> examples, uint64_t step) {
  Batch batch;
  batch.step = step;
  fill(sources, examples, batch, [](uint64_t, uint64_t, size_t, size_t) {});
  return batch;
}

MaskedBatch make_masked_batch(const std::vector<BatchSource>& sources, const Masker& masker,
                              std::span<const Example> examples, uint64_t step) {
  MaskedBatch batch;
  batch.step = step;
  batch.masked_ids.reserve(examples.size() * static_cast<size_t>(sources.front().rows.sequence_length()));
  fill(sources, examples, batch, [&](uint64_t number, uint64_t place, size_t begin, size_t end) {
    batch.masked_ids.insert(batch.masked_ids.end(), batch.ids.begin() + static_cast<std::ptrdiff_t>(begin),
                            batch.ids.begin() + static_cast<std::ptrdiff_t>(end));
    masker.mask(number, place, begin, end, batch);
  });
  return batch;
}

}  // namespace lmkor::data
