#include "lmkor/audit/features.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/hash.h"
#include "lmkor/text/utf8.h"

namespace lmkor::audit {

void RowBuilder::add(uint64_t key, float weight) {
  const uint64_t mixed = key * 0x9E3779B97F4A7C15ull;
  row_.emplace_back(static_cast<uint32_t>(mixed >> 44), weight);
}

void RowBuilder::add_ngrams(std::string_view text, size_t shortest, size_t longest, uint64_t part) {
  std::u32string points = U" ";
  for (const char32_t c : text::to_utf32(text)) points += c >= U'A' && c <= U'Z' ? c + 32 : c;
  points += U' ';
  for (size_t begin = 0; begin < points.size(); ++begin) {
    for (size_t length = shortest; length <= longest && begin + length <= points.size(); ++length) {
      const std::string_view bytes(reinterpret_cast<const char*>(points.data() + begin), length * sizeof(char32_t));
      add(base::hash64(bytes, part));
    }
  }
}

void RowBuilder::end_row() {
  std::sort(row_.begin(), row_.end());
  const size_t begin = out_.columns.size();
  for (size_t i = 0; i < row_.size();) {
    float sum = 0;
    const uint32_t column = row_[i].first;
    for (; i < row_.size() && row_[i].first == column; ++i) sum += row_[i].second;
    out_.columns.push_back(column);
    out_.values.push_back(std::log1p(sum));
  }
  double squares = 0;
  for (size_t i = begin; i < out_.values.size(); ++i) squares += out_.values[i] * out_.values[i];
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
  for (size_t i = begin; i < out_.values.size(); ++i) out_.values[i] *= scale;
  out_.starts.push_back(out_.columns.size());
  row_.clear();
}

SparseRows with_vectors(const SparseRows& rows, std::span<const float> vectors, size_t width) {
  const size_t count = rows.size();
  std::vector<double> means(width), deviations(width);
  for (size_t i = 0; i < vectors.size(); ++i) means[i % width] += vectors[i] / static_cast<double>(count);
  for (size_t i = 0; i < vectors.size(); ++i) {
    const double distance = vectors[i] - means[i % width];
    deviations[i % width] += distance * distance / static_cast<double>(count);
  }
  for (double& deviation : deviations) deviation = std::sqrt(std::max(deviation, 1e-12));
  SparseRows out{.width = rows.width + static_cast<uint32_t>(width), .starts = {0}, .columns = {}, .values = {}};
  for (size_t row = 0; row < count; ++row) {
    const auto begin = static_cast<std::ptrdiff_t>(rows.starts[row]),
               end = static_cast<std::ptrdiff_t>(rows.starts[row + 1]);
    out.columns.insert(out.columns.end(), rows.columns.begin() + begin, rows.columns.begin() + end);
    out.values.insert(out.values.end(), rows.values.begin() + begin, rows.values.begin() + end);
    double squares = 0;
    for (size_t k = 0; k < width; ++k) {
      const double value = (vectors[row * width + k] - means[k]) / deviations[k];
      squares += value * value;
      out.columns.push_back(rows.width + static_cast<uint32_t>(k));
      out.values.push_back(static_cast<float>(value));
    }
    const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
    for (size_t k = 0; k < width; ++k) out.values[out.values.size() - 1 - k] *= scale;
    out.starts.push_back(out.columns.size());
  }
  return out;
}

}  // namespace lmkor::audit
