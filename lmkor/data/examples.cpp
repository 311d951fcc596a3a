#include "lmkor/data/examples.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

using base::str;

namespace {

constexpr int64_t kMinSequenceLength = 8;

}  // namespace

uint32_t piece_end(const DocumentView& document, const PieceKinds& kinds, uint32_t begin, uint32_t capacity) {
  const auto size = static_cast<uint32_t>(document.tokens.size());
  if (size - begin <= capacity) return size;
  const uint32_t full = begin + capacity;
  const auto after =
      std::upper_bound(document.sentence_starts.begin(), document.sentence_starts.end(), document.base + full);
  if (after != document.sentence_starts.begin()) {
    const uint32_t start = *(after - 1) - document.base;
    if (start > begin && start <= full) return start;
  }
  uint32_t end = full;
  while (end > begin + 1 && kinds.is_continuation(document.tokens[end])) --end;
  return end > begin + 1 ? end : full;
}

RowTable::RowTable(const ShardSet& shards, const PieceKinds& kinds, int64_t sequence_length,
                   int64_t max_document_tokens, uint32_t specials)
    : sequence_length_(sequence_length), max_document_tokens_(max_document_tokens), specials_(specials) {
  if (sequence_length < kMinSequenceLength) {
    throw base::Error(base::ErrorKind::kConfig,
                      str("sequence_length: got ", sequence_length, ", expected at least ", kMinSequenceLength));
  }
  if (shards.documents() > UINT32_MAX) {
    throw base::Error(base::ErrorKind::kData, str(shards.folder().string(), ": ", shards.documents(),
                                                  " documents; one run reads at most 4,294,967,295"));
  }
  if (shards.vocab_size() != kinds.size()) {
    throw base::Error(base::ErrorKind::kIncompatible, str(shards.folder().string(), ": shards of a vocabulary of ",
                                                          shards.vocab_size(), " tokens, got one of ", kinds.size()));
  }
  const auto length = static_cast<uint32_t>(sequence_length);
  const uint32_t capacity = length - specials_;
  uint32_t used = length;  // of the row being filled; full at first, so that the first piece opens a row
  for (uint64_t index = 0; index < shards.documents(); ++index) {
    const DocumentView document = view(shards, index);
    const auto size = static_cast<uint32_t>(document.tokens.size());
    cut_tokens_ += shards.document(index).size() - size;
    for (uint32_t begin = 0, end = 0; begin < size; begin = end) {
      end = piece_end(document, kinds, begin, capacity);
      if (end - begin < kMinPieceTokens) {
        ++dropped_pieces_;
        dropped_tokens_ += end - begin;
        continue;
      }
      const uint32_t needed = end - begin + specials_;
      if (used + needed > length) {
        starts_.push_back({static_cast<uint32_t>(index), begin});
        used = 0;
      }
      used += needed;
      tokens_ += needed;
      ++sequences_;
    }
  }
}

DocumentView RowTable::view(const ShardSet& shards, uint64_t index) const {
  DocumentView out = shards.view(index);
  if (max_document_tokens_ > 0 && out.tokens.size() > static_cast<size_t>(max_document_tokens_)) {
    out.tokens = out.tokens.first(static_cast<size_t>(max_document_tokens_));
  }
  return out;
}

void RowTable::pieces(const ShardSet& shards, const PieceKinds& kinds, uint64_t row, std::vector<Piece>& out) const {
  out.clear();
  const auto length = static_cast<uint32_t>(sequence_length_);
  const Start start = starts_[row];
  uint32_t begin = start.token, used = 0;
  for (uint64_t index = start.document; index < shards.documents(); ++index, begin = 0) {
    const DocumentView document = view(shards, index);
    const auto size = static_cast<uint32_t>(document.tokens.size());
    for (uint32_t end = 0; begin < size; begin = end) {
      end = piece_end(document, kinds, begin, length - specials_);
      if (end - begin < kMinPieceTokens) continue;
      used += end - begin + specials_;
      if (used > length) return;
      out.push_back({index, begin, end});
    }
  }
}

}  // namespace lmkor::data
