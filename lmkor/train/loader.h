// The batches of a run, prepared in the background while the step before is computed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lmkor/data/batch.h"
#include "lmkor/data/batch_plan.h"
#include "lmkor/data/mask.h"
#include "lmkor/data/prefetch.h"
#include "lmkor/train/options.h"

namespace lmkor::train {

// One update: the rows of this process in micro-batches, and what they hold together (after Loader::batch; a trainer
// with several processes adds up those of all).
struct StepBatch {
  std::vector<data::MaskedBatch> parts;
  uint64_t step = 0;
  uint64_t first_row = 0;    // of the first part among the rows of the step
  uint64_t tokens = 0;       // [CLS] and [SEP] included; there is no padding
  uint64_t predictions = 0;  // masked places
  uint64_t pairs = 0;        // sequences with a pair label
  uint64_t sequences = 0;
};

// Which stretch of each batch is read.
struct RankShare {
  int rank = 0, world = 1;
};

// A folder of shards and how much of what is read comes from it, in proportion to the others.
struct DataShare {
  std::filesystem::path folder;
  double weight = 1;

  // The folder's own name, for figures.
  std::string name() const;
};

// What an objective asks of its batches.
struct BatchForm {
  data::MaskStyle style = data::MaskStyle::kBert;
  data::Pairs pairs = data::Pairs::kNone;
};

// Shards and vocabulary of a run, opened and checked once. Not movable: batches refer to its members.
class Corpus {
 public:
  // All folders must hold one vocabulary: kIncompatible.
  Corpus(const std::vector<DataShare>& shares, data::Split split, const TrainOptions& options);
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  // Of the first folder; vocabulary and tokenizer are those of all.
  const data::ShardSet& shards() const { return shards_.front(); }
  const std::vector<data::ShardSet>& all_shards() const { return shards_; }
  const std::vector<DataShare>& shares() const { return shares_; }
  const data::PieceKinds& kinds() const { return kinds_; }
  uint64_t documents() const;
  // How often each token of the vocabulary occurs in what is used of the documents, the folders by their weights. Reads
  // them all.
  std::vector<uint64_t> token_counts() const;

 private:
  std::vector<DataShare> shares_;
  std::vector<data::ShardSet> shards_;
  data::PieceKinds kinds_;
  size_t max_document_tokens_;
};

// Entropy in nats of the distribution of single tokens: the loss of a model that has learnt frequencies only.
double unigram_entropy(const std::vector<uint64_t>& token_counts);

class Loader {
 public:
  // `corpus` must outlive the loader. The batches are a pure function of (corpus, options, form, seed, step); `steps`
  // (of the whole run) counts where the options divide it into stages. Throws kConfig where the rows of a full batch
  // cannot be shared evenly.
  Loader(const Corpus& corpus, const TrainOptions& options, BatchForm form, uint64_t seed, uint64_t steps,
         RankShare share = {});

  StepBatch batch(uint64_t step) const;
  // Steps [first, end) in order, made by a thread of its own.
  std::unique_ptr<data::Prefetch<StepBatch>> stream(uint64_t first, uint64_t end) const;
  const data::BatchPlan& plan() const { return plan_; }
  uint64_t rows() const { return stages_.front().sampler->rows(); }
  // The first few rows of a step with their folders, for messages.
  std::string rows_text(uint64_t step) const;
  // How often every row of the source that is read most was read in `steps` steps, the stages added up.
  double epochs(uint64_t steps) const;

 private:
  struct Stage {
    std::vector<data::RowTable> tables;  // of each folder
    std::vector<data::BatchSource> sources;
    std::unique_ptr<data::Sampler> sampler;
    std::unique_ptr<data::Masker> masker;
  };
  static Stage make_stage(const Corpus& corpus, const TrainOptions& options, BatchForm form, uint64_t seed,
                          const data::Stage& stage);
  const Corpus& corpus_;
  data::BatchPlan plan_;
  RankShare share_;
  std::vector<Stage> stages_;
  size_t part_rows_;  // 0: all rows of a step
};

// options.validation_sequences rows at most of the corpus' first folder, opened for its held-out documents: the same in
// every run, masked as in training unless validation_mask_share says otherwise. Empty where no document is held out.
StepBatch validation_batch(const Corpus& corpus, const TrainOptions& options, BatchForm form);

}  // namespace lmkor::train
