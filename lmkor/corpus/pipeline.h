// The build of a corpus: read -> clean -> filter -> repeats -> decontaminate, documents in the order of the input.
// Where memory holds all hashes it is one streaming pass; else, and for near duplicates and many machines, it goes in
// stages (stages.h). Either way, and with any number of threads, shards and stops, the same bytes come out
// (docs/formats.md says which files lie where).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/corpus/build_options.h"
#include "lmkor/corpus/corpus_report.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

struct BuildResult {
  bool complete = true;  // false: this shard's part is done, the corpus is finished by another call
  base::Json manifest;
  Tally tally;
  base::Json inputs;  // path, bytes and SHA-256 of each
  uint64_t resumed_parts = 0;
  std::vector<StageTime> times;  // none of a pass that was stopped and went on
};

// Builds the corpus and writes manifest.json and report.html. The folder counts as unfinished until finish() is called:
// the caller may add files of its own before. Throws kInterrupted after a signal; the same call then goes on.
BuildResult build(const BuildOptions& options, int threads);
void finish(const BuildOptions& options);

}  // namespace lmkor::corpus
