#include "lmkor/data/cooccurrence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/parallel.h"

namespace lmkor::data {

namespace {

constexpr size_t kBlockRows = 64;

// The tokens that are used, documents ended by `separator`, and where each token stands in them.
struct Text {
  std::vector<uint16_t> tokens;
  std::vector<uint64_t> first_place;  // of each id in `places`, then their number
  std::vector<uint32_t> places;
};

Text read_text(const ShardSet& shards, const PieceKinds& kinds, const CooccurrenceOptions& options) {
  const auto separator = static_cast<uint16_t>(kinds.sep);
  const uint64_t every = 1 + shards.tokens() / options.max_tokens;
  const size_t limit = options.max_document_tokens > 0 ? static_cast<size_t>(options.max_document_tokens) : SIZE_MAX;
  Text text;
  text.tokens.push_back(separator);
  for (uint64_t index = 0; index < shards.documents(); index += every) {
    const auto document = shards.document(index);
    const auto used = document.first(std::min(limit, document.size()));
    text.tokens.insert(text.tokens.end(), used.begin(), used.end());
    text.tokens.push_back(separator);
  }
  const auto vocab = static_cast<size_t>(kinds.size());
  const auto counts_as_word = [&](uint16_t id) { return id < vocab && !kinds.is_special(id); };
  text.first_place.assign(vocab + 1, 0);
  for (const uint16_t id : text.tokens) {
    if (counts_as_word(id)) ++text.first_place[id + size_t{1}];
  }
  std::partial_sum(text.first_place.begin(), text.first_place.end(), text.first_place.begin());
  text.places.resize(text.first_place.back());
  std::vector<uint64_t> next(text.first_place.begin(), text.first_place.end() - 1);
  for (size_t place = 0; place < text.tokens.size(); ++place) {
    if (counts_as_word(text.tokens[place])) text.places[next[text.tokens[place]]++] = static_cast<uint32_t>(place);
  }
  return text;
}

struct Block {
  std::vector<uint64_t> ends;  // of the rows, in the block
  std::vector<uint16_t> columns;
  std::vector<float> values;
};

// Weighted counts of what stands around the tokens [first, last).
Block count_rows(const Text& text, const PieceKinds& kinds, size_t first, size_t last, int window) {
  Block block;
  const auto vocab = static_cast<size_t>(kinds.size());
  const auto separator = static_cast<uint16_t>(kinds.sep);
  std::vector<float> weights(vocab);
  std::vector<uint16_t> met;
  for (size_t id = first; id < last; ++id) {
    met.clear();
    const auto meet = [&](uint16_t other, int distance) {
      if (other >= vocab || kinds.is_special(other)) return;
      if (weights[other] == 0) met.push_back(other);
      weights[other] += static_cast<float>(window + 1 - distance) / static_cast<float>(window);
    };
    for (uint64_t i = text.first_place[id]; i < text.first_place[id + 1]; ++i) {
      const uint16_t* here = text.tokens.data() + text.places[i];
      // The text begins and ends with a separator.
      for (int d = 1; d <= window && here[-d] != separator; ++d) meet(here[-d], d);
      for (int d = 1; d <= window && here[d] != separator; ++d) meet(here[d], d);
    }
    std::sort(met.begin(), met.end());
    for (const uint16_t other : met) {
      block.columns.push_back(other);
      block.values.push_back(weights[other]);
      weights[other] = 0;
    }
    block.ends.push_back(block.columns.size());
  }
  return block;
}

// Keeps of `block` the pairs that meet more often than by chance: information = log(count) + shift - terms of both.
void keep_positive(Block& block, size_t first, const std::vector<double>& terms, double shift) {
  size_t kept = 0, entry = 0;
  for (size_t row = 0; row < block.ends.size(); ++row) {
    for (; entry < block.ends[row]; ++entry) {
      const uint16_t column = block.columns[entry];
      const double information =
          std::log(static_cast<double>(block.values[entry])) + shift - terms[first + row] - terms[column];
      if (information <= 0) continue;
      block.columns[kept] = column;
      block.values[kept++] = static_cast<float>(information);
    }
    block.ends[row] = kept;
  }
  block.columns.resize(kept);
  block.values.resize(kept);
}

}  // namespace

SparseRows positive_mutual_information(const ShardSet& shards, const PieceKinds& kinds,
                                       const CooccurrenceOptions& options, int threads) {
  const auto vocab = static_cast<size_t>(kinds.size());
  const size_t blocks = (vocab + kBlockRows - 1) / kBlockRows;
  std::vector<Block> made(blocks);
  std::vector<double> sums(vocab);  // of the rows: how often a token meets any other
  {
    const Text text = read_text(shards, kinds, options);
    base::parallel_for(blocks, threads, [&](size_t b) {
      const size_t first = b * kBlockRows, last = std::min(vocab, first + kBlockRows);
      made[b] = count_rows(text, kinds, first, last, options.window);
      uint64_t entry = 0;
      for (size_t row = 0; row < made[b].ends.size(); ++row) {
        for (; entry < made[b].ends[row]; ++entry) sums[first + row] += static_cast<double>(made[b].values[entry]);
      }
    });
  }
  // log(count * total / (sum_a * sum_b)), of each of the two marginals half smoothed: with S the total and Q the total
  // of smoothed sums, half of log(p_a q_b) and half of log(q_a p_b), where p = sum / S and q = sum^smoothing / Q.
  double total = 0, smoothed = 0;
  for (const double sum : sums) {
    total += sum;
    smoothed += std::pow(sum, options.smoothing);
  }
  std::vector<double> terms(vocab);
  for (size_t id = 0; id < vocab; ++id) terms[id] = sums[id] > 0 ? std::log(sums[id]) * (1 + options.smoothing) / 2 : 0;
  const double shift = total > 0 ? std::log(smoothed) : 0;
  base::parallel_for(blocks, threads, [&](size_t b) { keep_positive(made[b], b * kBlockRows, terms, shift); });

  SparseRows out;
  out.starts.push_back(0);
  size_t entries = 0;
  for (const Block& block : made) entries += block.columns.size();
  out.columns.reserve(entries);
  out.values.reserve(entries);
  for (Block& block : made) {
    for (const uint64_t end : block.ends) out.starts.push_back(out.columns.size() + end);
    out.columns.insert(out.columns.end(), block.columns.begin(), block.columns.end());
    out.values.insert(out.values.end(), block.values.begin(), block.values.end());
    block = {};
  }
  return out;
}

}  // namespace lmkor::data
