#include "lmkor/data/batch.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/data/mask.h"

namespace lmkor::data {
namespace {

[[noreturn]] void fail_outside(const BatchSource& source, const Piece& piece) {
  throw base::Error(base::ErrorKind::kData, base::str(source.shards.folder().string(), ": document ", piece.document,
                                                      " holds an id outside the vocabulary of ", source.kinds.size(),
                                                      "; the file is damaged: make the shards again with lmkor shard"));
}

// Appends the rows' sequences to `batch`; each(number, place, begin, end) is called after every sequence.
template <class Each>
void fill(const BatchSource& source, std::span<const Example> examples, Batch& batch, const Each& each) {
  const size_t most = examples.size() * static_cast<size_t>(source.rows.sequence_length());
  batch.ids.reserve(most);
  batch.position_ids.reserve(most);
  batch.cu_seqlens.push_back(0);
  batch.rows = examples.size();
  std::vector<Piece> pieces;
  for (const Example& example : examples) {
    source.rows.pieces(source.shards, source.kinds, example.row, pieces);
    uint64_t place = 0;
    for (const Piece& piece : pieces) {
      const size_t begin = batch.ids.size();
      const auto tokens = source.shards.document(piece.document).subspan(piece.begin, piece.size());
      if (*std::max_element(tokens.begin(), tokens.end()) >= source.kinds.size()) fail_outside(source, piece);
      batch.ids.push_back(source.kinds.cls);
      batch.ids.insert(batch.ids.end(), tokens.begin(), tokens.end());
      batch.ids.push_back(source.kinds.sep);
      const size_t length = batch.ids.size() - begin;
      for (size_t i = 0; i < length; ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
      batch.cu_seqlens.push_back(static_cast<int32_t>(batch.ids.size()));
      batch.max_length = std::max(batch.max_length, static_cast<int32_t>(length));
      each(example.number, place, begin, begin + length);
      place += length;
    }
  }
  batch.type_ids.assign(batch.ids.size(), 0);
}

}  // namespace

Batch make_batch(const BatchSource& source, std::span<const Example> examples, uint64_t step) {
  Batch batch;
  batch.step = step;
  fill(source, examples, batch, [](uint64_t, uint64_t, size_t, size_t) {});
  return batch;
}

MaskedBatch make_masked_batch(const BatchSource& source, const Masker& masker, std::span<const Example> examples,
                              uint64_t step) {
  MaskedBatch batch;
  batch.step = step;
  batch.masked_ids.reserve(examples.size() * static_cast<size_t>(source.rows.sequence_length()));
  fill(source, examples, batch, [&](uint64_t number, uint64_t place, size_t begin, size_t end) {
    batch.masked_ids.insert(batch.masked_ids.end(), batch.ids.begin() + static_cast<std::ptrdiff_t>(begin),
                            batch.ids.begin() + static_cast<std::ptrdiff_t>(end));
    masker.mask(number, place, begin, end, batch);
  });
  return batch;
}

}  // namespace lmkor::data
