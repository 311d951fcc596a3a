// The batches of a run, prepared in the background while the step before is computed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lmkor/data/batch.h"
#include "lmkor/data/mask.h"
#include "lmkor/data/prefetch.h"
#include "lmkor/train/options.h"

namespace lmkor::train {

// One update: its rows in micro-batches, and what they hold together.
struct StepBatch {
  std::vector<data::MaskedBatch> parts;
  uint64_t step = 0;
  uint64_t tokens = 0;       // [CLS] and [SEP] included; there is no padding
  uint64_t predictions = 0;  // masked places
};

// Shards and vocabulary of a run, opened and checked once. Not movable: batches refer to its members.
class Corpus {
 public:
  Corpus(const std::filesystem::path& shards, data::Split split, const TrainOptions& options);
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  const data::ShardSet& shards() const { return shards_; }
  const data::RowTable& rows() const { return rows_; }
  const data::PieceKinds& kinds() const { return kinds_; }
  data::BatchSource source() const { return {shards_, rows_, kinds_}; }
  // How often each token of the vocabulary occurs in what is used of the documents. Reads them all.
  std::vector<uint64_t> token_counts() const;

 private:
  data::ShardSet shards_;
  data::PieceKinds kinds_;
  data::RowTable rows_;
  size_t max_document_tokens_;
};

// Entropy in nats of the distribution of single tokens: the loss of a model that has learnt frequencies only.
double unigram_entropy(const std::vector<uint64_t>& token_counts);

class Loader {
 public:
  // `corpus` must outlive the loader. The batches are a pure function of (corpus, options, style, seed, step).
  Loader(const Corpus& corpus, const TrainOptions& options, data::MaskStyle style, uint64_t seed);

  StepBatch batch(uint64_t step) const;
  // Steps [first, end) in order, made by a thread of its own.
  std::unique_ptr<data::Prefetch<StepBatch>> stream(uint64_t first, uint64_t end) const;
  const data::Sampler& sampler() const { return sampler_; }

 private:
  StepBatch parts_of(const std::vector<data::Example>& examples, uint64_t step) const;
  const Corpus& corpus_;
  data::Sampler sampler_;
  data::Masker masker_;
  size_t part_rows_;
};

// options.validation_sequences held-out rows at most, the same in every run, masked as in training.
StepBatch validation_batch(const Corpus& corpus, const TrainOptions& options, data::MaskStyle style);

}  // namespace lmkor::train
