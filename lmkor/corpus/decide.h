// What of a refined document goes because it stood elsewhere before: asked for each document in the order of the input.
// Two answers are the same: from memory while the build streams, or from the files of the stages before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lmkor/base/hash.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/refine.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

// Words of a piece that go: bytes of document.text.
struct WordCut {
  size_t piece;
  uint32_t begin, end;
};

struct Verdict {
  Reason whole;                // why all of the document goes; kReasonCount: it does not
  std::string note;            // members for its removed record, as `"a":1,"b":2`; may be empty
  std::vector<bool> repeated;  // by piece
  std::vector<WordCut> cuts;   // in order, of pieces that are not repeated

  void clear(size_t pieces);
};

class Decider {
 public:
  virtual ~Decider() = default;
  virtual void decide(const RefinedDocument& document, Verdict& verdict) = 0;
};

// Remembers hashes of all sentences (and documents) that came.
class SeenBefore final : public Decider {
 public:
  explicit SeenBefore(const DedupOptions& options) : options_(options) {}
  void decide(const RefinedDocument& document, Verdict& verdict) override;
  // Takes up what a build that was stopped had seen.
  void remember(const base::Hash128& hash) { seen_.insert(hash); }
  uint64_t memory_bytes() const { return seen_.memory_bytes(); }
  // What came new since the last call, for the journal.
  std::vector<base::Hash128> take_new() { return std::exchange(new_, {}); }

 private:
  bool is_new(const base::Hash128& hash);
  DedupOptions options_;
  SentenceSet seen_;
  std::vector<base::Hash128> new_;
};

}  // namespace lmkor::corpus
