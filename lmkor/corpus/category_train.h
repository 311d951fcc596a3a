// Training of a category model from documents: labels out of their `category` field, or out of a short list of words
// for each category. A share of the documents is held out and judged by the finished model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/category.h"
#include "lmkor/corpus/reader.h"

namespace lmkor::corpus {

struct CategoryTrainOptions {
  std::vector<std::string> words;
  int64_t min_words = 2;
  int64_t max_documents = 20000;
  int64_t min_documents = 20;
  double held_out_share = 0.1;
  double min_confidence = 0.5;
  int64_t epochs = 5;
  int64_t dimension = 32;

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// Documents by the category that they have and the one that the model gives them. Rows and columns are labels.
struct Confusion {
  std::vector<std::string> labels;
  std::vector<std::vector<uint64_t>> counts;  // [given][guessed]

  explicit Confusion(std::vector<std::string> names);
  void add(std::string_view given, std::string_view guessed);
  double accuracy() const;
  // Mean over the labels that documents have.
  double macro_f1() const;
  base::Json to_json() const;
};

// Trains on the documents of `files` and fills `folder` with weights.bin, labels.json, categories.json (counts,
// settings, evaluation) and report.html; returns what categories.json holds. Throws kData where fewer than two
// categories have documents enough.
base::Json train_categories(const std::vector<std::filesystem::path>& files, const ReadOptions& read,
                            const CategoryTrainOptions& options, uint64_t seed, int threads,
                            const std::filesystem::path& folder);

}  // namespace lmkor::corpus
