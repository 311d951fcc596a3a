// The build of a corpus: read -> clean -> filter -> exact dedup, streaming, documents in the order of the input. Any
// number of threads and any number of stops give the same bytes (docs/formats.md says which files lie where).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/refine.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

struct BuildOptions {
  std::vector<std::string> input;
  std::string output;
  ReadOptions read;
  CleanOptions clean;
  FilterOptions filter;
  DedupOptions dedup;
  CategoryOptions category;
  int64_t part_bytes = 128 << 20;

  void fields(config::Fields& f);
};

struct BuildResult {
  base::Json manifest;
  Tally tally;
  base::Json inputs;  // path, bytes and SHA-256 of each
  uint64_t resumed_parts = 0;
};

// Builds the corpus and writes manifest.json and report.html. The folder counts as unfinished until finish() is called:
// the caller may add files of its own before. Throws kInterrupted after a signal; the same call then goes on.
BuildResult build(const BuildOptions& options, int threads);
void finish(const std::filesystem::path& output);

}  // namespace lmkor::corpus
