#include "lmkor/train/loader.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

namespace {

constexpr size_t kPrefetchSteps = 3;
constexpr uint64_t kValidationSeed = 20210101;  // masks of held-out rows are the same in every run

}  // namespace

Corpus::Corpus(const std::filesystem::path& shards, data::Split split, const TrainOptions& options)
    : shards_(data::ShardSet::open(shards, split)),
      kinds_(data::piece_kinds(shards_.load_tokenizer())),
      rows_(shards_, kinds_, options.sequence_length, options.max_document_tokens),
      max_document_tokens_(options.max_document_tokens > 0 ? static_cast<size_t>(options.max_document_tokens)
                                                           : SIZE_MAX) {}

std::vector<uint64_t> Corpus::token_counts() const {
  std::vector<uint64_t> counts(static_cast<size_t>(kinds_.size()));
  for (uint64_t index = 0; index < shards_.documents(); ++index) {
    const auto document = shards_.document(index);
    for (const uint16_t id : document.first(std::min(document.size(), max_document_tokens_))) {
      if (id < counts.size()) ++counts[id];  // others are refused when a batch holds one
    }
  }
  return counts;
}

double unigram_entropy(const std::vector<uint64_t>& token_counts) {
  const uint64_t total = std::accumulate(token_counts.begin(), token_counts.end(), uint64_t{0});
  double entropy = 0;
  for (const uint64_t count : token_counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(total);
    entropy -= p * std::log(p);
  }
  return entropy;
}

Loader::Loader(const Corpus& corpus, const TrainOptions& options, data::MaskStyle style, uint64_t seed)
    : corpus_(corpus),
      sampler_(corpus.rows().size(), options.batch_rows(), seed),
      masker_(corpus.kinds(), style, options.mask, options.sequence_length, seed),
      part_rows_(options.micro_batch_sequences > 0 ? static_cast<size_t>(options.micro_batch_sequences)
                                                   : static_cast<size_t>(options.batch_rows())) {}

StepBatch Loader::parts_of(const std::vector<data::Example>& examples, uint64_t step) const {
  StepBatch out;
  out.step = step;
  const std::span<const data::Example> all(examples);
  for (size_t begin = 0; begin < all.size(); begin += part_rows_) {
    const auto part = all.subspan(begin, std::min(part_rows_, all.size() - begin));
    out.parts.push_back(data::make_masked_batch(corpus_.source(), masker_, part, step));
    out.tokens += out.parts.back().size();
    out.predictions += out.parts.back().labels.size();
  }
  return out;
}

StepBatch Loader::batch(uint64_t step) const { return parts_of(sampler_.batch(step), step); }

std::unique_ptr<data::Prefetch<StepBatch>> Loader::stream(uint64_t first, uint64_t end) const {
  return std::make_unique<data::Prefetch<StepBatch>>([this](uint64_t step) { return batch(step); }, first, end,
                                                     kPrefetchSteps);
}

StepBatch validation_batch(const Corpus& corpus, const TrainOptions& options, data::MaskStyle style) {
  const uint64_t rows = std::min(corpus.rows().size(), static_cast<uint64_t>(options.validation_sequences));
  TrainOptions one_batch = options;
  one_batch.batch_tokens = 0;
  one_batch.batch_sequences = static_cast<int64_t>(rows);
  if (one_batch.micro_batch_sequences == 0)
    one_batch.micro_batch_sequences = static_cast<int64_t>(options.batch_rows());
  return Loader(corpus, one_batch, style, kValidationSeed).batch(0);
}

}  // namespace lmkor::train
