// Texts as sparse rows of numbers for a linear model: hashed n-grams of characters, so that nothing must be learnt and
// spelling is no obstacle.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lmkor::audit {

inline constexpr uint32_t kColumns = 1u << 20;

// Sparse rows of columns below `width`, each of length 1 (Euclid).
struct SparseRows {
  uint32_t width = kColumns;
  std::vector<size_t> starts = {0};
  std::vector<uint32_t> columns;
  std::vector<float> values;
  size_t size() const { return starts.size() - 1; }
};

// Builds one row out of parts, then takes the next.
class RowBuilder {
 public:
  explicit RowBuilder(SparseRows& out) : out_(out) {}
  // All n-grams of `shortest` to `longest` characters of `text`, lower-cased ASCII, blanks included, under a name that
  // keeps the parts of a row apart.
  void add_ngrams(std::string_view text, size_t shortest, size_t longest, uint64_t part);
  // One thing that is or is not so, with a weight.
  void add(uint64_t key, float weight = 1);
  void end_row();

 private:
  SparseRows& out_;
  std::vector<std::pair<uint32_t, float>> row_;
};

// The same rows with further columns: `vectors` [rows, width], each column brought to mean 0 and deviation 1, then each
// row to length 1.
SparseRows with_vectors(const SparseRows& rows, std::span<const float> vectors, size_t width);

}  // namespace lmkor::audit
