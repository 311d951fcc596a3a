#include "lmkor/corpus/decide.h"

namespace lmkor::corpus {
namespace {

// Keeps documents apart from sentences in one set: a document of one sentence has the same hash.
base::Hash128 document_key(base::Hash128 hash) {
  hash.high ^= 0x9E3779B97F4A7C15;
  return hash;
}

}  // namespace

void Verdict::clear(size_t pieces) {
  whole = kReasonCount;
  note.clear();
  repeated.assign(pieces, false);
  cuts.clear();
}

bool SeenBefore::is_new(const base::Hash128& hash) {
  if (!seen_.insert(hash)) return false;
  new_.push_back(hash);
  return true;
}

void SeenBefore::decide(const RefinedDocument& document, Verdict& verdict) {
  verdict.clear(document.pieces.size());
  if (options_.exact) {
    for (const Piece& piece : document.pieces) seen_.prefetch(piece.hash);
  }
  if (options_.hashes_documents() && !is_new(document_key(document.hash))) {
    verdict.whole = kRepeatedDocument;
    return;
  }
  if (!options_.exact) return;
  for (size_t i = 0; i < document.pieces.size(); ++i) verdict.repeated[i] = !is_new(document.pieces[i].hash);
}

}  // namespace lmkor::corpus
