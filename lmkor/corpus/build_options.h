// The settings of a build, and which of them decide what comes out.
#pragma once

#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/minhash.h"
#include "lmkor/corpus/plan.h"
#include "lmkor/corpus/refine.h"

namespace lmkor::corpus {

struct BuildOptions {
  std::vector<std::string> input;
  std::string output;
  ReadOptions read;
  CleanOptions clean;
  FilterOptions filter;
  DedupOptions dedup;
  CategoryOptions category;
  MinhashOptions minhash;
  std::vector<std::string> decontaminate;
  ContaminationOptions contamination;
  RunOptions run;
  int64_t part_bytes = 128 << 20;

  void fields(config::Fields& f);
};

// The settings that decide what comes out, by path; not where it is read and written nor how it runs.
base::Json settings_json(const BuildOptions& options);
// SHA-256 by path of the files that settings name: word lists, the category model. Those that are not there are left
// out.
base::Json settings_files(const BuildOptions& options);

}  // namespace lmkor::corpus
