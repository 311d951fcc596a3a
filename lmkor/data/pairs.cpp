#include "lmkor/data/pairs.h"

#include <algorithm>
#include <utility>

namespace lmkor::data {

namespace {

// Each sequence draws from four positions of its own; a sequence has more than four tokens.
enum Draw : uint64_t { kSplit, kChange, kDocument, kSentence };

// A stretch of at most `most` tokens that begins at a sentence of a document other than `except`.
std::span<const uint16_t> other_document(const ShardSet& shards, uint64_t except, size_t most,
                                         const base::Random& random, uint64_t place) {
  uint64_t index = random.below(place + kDocument, shards.documents() - 1);
  index += index >= except;
  const DocumentView document = shards.view(index);
  uint32_t begin = 0;
  if (!document.sentence_starts.empty())
    begin = document.sentence_starts[random.below(place + kSentence, document.sentence_starts.size())] - document.base;
  return document.tokens.subspan(begin, std::min(most, document.tokens.size() - begin));
}

}  // namespace

Segments divide(const ShardSet& shards, const Piece& piece, Pairs pairs, const base::Random& random, uint64_t place) {
  const DocumentView document = shards.view(piece.document);
  Segments out = {.first = document.tokens.subspan(piece.begin, piece.size()), .second = {}};
  const auto& starts = document.sentence_starts;
  const auto inside = std::upper_bound(starts.begin(), starts.end(), document.base + piece.begin);
  const auto after = std::lower_bound(inside, starts.end(), document.base + piece.end);
  if (pairs == Pairs::kNone || inside == after) return out;

  const auto count = static_cast<uint64_t>(after - inside);
  const uint32_t split = *(inside + static_cast<std::ptrdiff_t>(random.below(place + kSplit, count))) - document.base;
  out.first = document.tokens.subspan(piece.begin, split - piece.begin);
  out.second = document.tokens.subspan(split, piece.end - split);
  const bool changed = random.uniform(place + kChange) < 0.5;
  if (pairs == Pairs::kSentenceOrder) {
    if (changed) std::swap(out.first, out.second);
  } else if (changed) {
    if (shards.documents() < 2) return out;
    const auto other = other_document(shards, piece.document, out.second.size(), random, place);
    if (other.empty()) return out;
    out.second = other;
  }
  out.label = changed ? 1 : 0;
  return out;
}

}  // namespace lmkor::data
