// The category of a document (film, food, law ...), told by a linear model over words and character n-grams (fastText:
// Joulin et al., Bag of Tricks for Efficient Text Classification, arXiv 1607.01759). A document that fits none well
// enough is of the category "other".
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

inline constexpr std::string_view kOtherCategory = "other";

struct CategoryOptions {
  std::string categories;
  double min_category_confidence = 0.5;

  void fields(config::Fields& f);
};

class CategoryModel {
 public:
  struct Guess {
    std::string category;
    double confidence = 0;  // its probability
  };
  // Of a folder of a model, those that decide what it says.
  static constexpr const char* kFiles[] = {"weights.bin", "labels.json"};
  // Reads the folder that train_categories() wrote. Throws kNotFound or kData.
  static CategoryModel load(const std::filesystem::path& folder);
  ~CategoryModel();
  CategoryModel(CategoryModel&&) noexcept;

  // The most likely category; kOtherCategory where its probability is below `min_confidence`. Any number of threads.
  Guess guess(std::string_view text, double min_confidence) const;
  const std::vector<std::string>& labels() const;
  // SHA-256 of the file of weights, which tells models apart.
  const std::string& sha256() const;

 private:
  struct State;
  explicit CategoryModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One line of words for the model: lower case, digits as 0, punctuation apart from words left out, at most 1,000 words.
std::string category_features(std::string_view text);

struct CategoryTraining {
  int64_t epochs = 5;
  int64_t dimension = 32;
  int64_t seed = 1;
};
// Trains on `lines`, a file of lines "__label__N FEATURES" with N an index into `labels`, and writes weights.bin and
// the labels into `folder`. One thread: the same lines give the same weights.
void train_category_model(const std::filesystem::path& lines, const std::vector<std::string>& labels,
                          const CategoryTraining& training, const std::filesystem::path& folder);

}  // namespace lmkor::corpus
