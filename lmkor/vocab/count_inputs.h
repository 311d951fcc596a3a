// Inputs of a count as users give them: paths with weights, read by corpus/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/corpus/reader.h"
#include "lmkor/vocab/count.h"

namespace lmkor::vocab {

struct WeightedFile {
  std::filesystem::path path;
  uint64_t weight;  // in 1/unit
};

struct Inputs {
  std::vector<WeightedFile> files;
  uint64_t unit = 1;
  std::vector<std::filesystem::path> paths() const;
};

// "reviews/=0.5": the text of reviews/ counts half. A weight has at most three digits after the point and lies between
// 0.001 and 1000. A file named twice keeps its first weight. Throws kUsage, kNotFound, kData.
Inputs weighted_inputs(const std::vector<std::string>& arguments);

// Counts all inputs on `threads` threads; `read` receives what the reader saw. `counts_file` as in Counter::finish().
Counts count_inputs(const Inputs& inputs, const corpus::ReadOptions& options, const tokenizer::Settings& settings,
                    uint64_t memory_bytes, const std::filesystem::path& dir, const std::filesystem::path& counts_file,
                    int threads, corpus::ReadStats& read);

}  // namespace lmkor::vocab
