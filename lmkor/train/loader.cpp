#include "lmkor/train/loader.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using base::str;

namespace {

constexpr size_t kPrefetchSteps = 3;
constexpr uint64_t kValidationSeed = 20210101;  // masks of held-out rows are the same in every run

std::vector<data::ShardSet> open_all(const std::vector<DataShare>& shares, data::Split split) {
  std::vector<data::ShardSet> out;
  for (const DataShare& share : shares) {
    out.push_back(data::ShardSet::open(share.folder, split));
    out.back().require_vocabulary(out.front().vocab_sha256(), str("--data ", shares.front().folder.string()));
  }
  return out;
}

data::RowTable rows_of(const data::ShardSet& shards, const data::PieceKinds& kinds, const TrainOptions& options,
                       BatchForm form, int64_t sequence_length) {
  const bool pairs = form.pairs != data::Pairs::kNone;
  return {shards, kinds, sequence_length, options.max_document_tokens,
          pairs ? data::kSpecialsPerPair : data::kSpecialsPerSequence};
}

data::BatchPlan plan_of(const TrainOptions& options, uint64_t steps) {
  std::vector<data::Stage> stages;
  if (options.short_sequence_length > 0) {
    stages.push_back({0, options.short_sequence_length, options.batch_rows(options.short_sequence_length)});
    const auto begin = static_cast<uint64_t>(std::llround(options.short_share * static_cast<double>(steps)));
    stages.push_back({std::max<uint64_t>(1, begin), options.sequence_length, 0});
  } else {
    stages.push_back({0, options.sequence_length, 0});
  }
  stages.back().batch_rows = options.batch_rows(options.sequence_length);
  return {std::move(stages), static_cast<uint64_t>(options.batch_ramp_steps), options.batch_ramp_share};
}

}  // namespace

std::string DataShare::name() const {
  const std::filesystem::path plain = folder.lexically_normal();
  return (plain.has_filename() ? plain : plain.parent_path()).filename().string();
}

Corpus::Corpus(const std::vector<DataShare>& shares, data::Split split, const TrainOptions& options)
    : shares_(shares),
      shards_(open_all(shares, split)),
      kinds_(data::piece_kinds(shards().load_tokenizer())),
      max_document_tokens_(options.max_document_tokens > 0 ? static_cast<size_t>(options.max_document_tokens)
                                                           : SIZE_MAX) {}

uint64_t Corpus::documents() const {
  uint64_t out = 0;
  for (const data::ShardSet& set : shards_) out += set.documents();
  return out;
}

std::vector<uint64_t> Corpus::token_counts() const {
  std::vector<std::vector<uint64_t>> by_folder;
  std::vector<uint64_t> sums;
  for (const data::ShardSet& set : shards_) {
    std::vector<uint64_t> counts(static_cast<size_t>(kinds_.size()));
    for (uint64_t index = 0; index < set.documents(); ++index) {
      const auto document = set.document(index);
      for (const uint16_t id : document.first(std::min(document.size(), max_document_tokens_))) {
        if (id < counts.size()) ++counts[id];  // others are refused when a batch holds one
      }
    }
    sums.push_back(std::accumulate(counts.begin(), counts.end(), uint64_t{0}));
    by_folder.push_back(std::move(counts));
  }
  if (by_folder.size() == 1) return by_folder.front();
  double weights = 0;
  for (const DataShare& share : shares_) weights += share.weight;
  const auto all = static_cast<double>(std::accumulate(sums.begin(), sums.end(), uint64_t{0}));
  std::vector<uint64_t> out(static_cast<size_t>(kinds_.size()));
  for (size_t i = 0; i < by_folder.size(); ++i) {
    if (sums[i] == 0) continue;
    const double factor = shares_[i].weight / weights * all / static_cast<double>(sums[i]);
    for (size_t id = 0; id < out.size(); ++id)
      out[id] += static_cast<uint64_t>(std::llround(factor * static_cast<double>(by_folder[i][id])));
  }
  return out;
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

Loader::Stage Loader::make_stage(const Corpus& corpus, const TrainOptions& options, BatchForm form, uint64_t seed,
                                 const data::Stage& stage) {
  Stage out;
  std::vector<data::SourceShare> shares;
  for (size_t i = 0; i < corpus.all_shards().size(); ++i) {
    out.tables.push_back(rows_of(corpus.all_shards()[i], corpus.kinds(), options, form, stage.sequence_length));
    shares.push_back({out.tables.back().size(), corpus.shares()[i].weight});
  }
  for (size_t i = 0; i < out.tables.size(); ++i)
    out.sources.push_back({corpus.all_shards()[i], out.tables[i], corpus.kinds(), form.pairs, seed});
  out.sampler = std::make_unique<data::Sampler>(shares, stage.batch_rows, seed);
  out.masker = std::make_unique<data::Masker>(corpus.kinds(), form.style, options.mask, stage.sequence_length, seed);
  return out;
}

Loader::Loader(const Corpus& corpus, const TrainOptions& options, BatchForm form, uint64_t seed, uint64_t steps,
               RankShare share)
    : corpus_(corpus),
      plan_(plan_of(options, steps)),
      share_(share),
      part_rows_(static_cast<size_t>(options.micro_batch_sequences)) {
  for (const data::Stage& stage : plan_.stages()) {
    if (stage.batch_rows % static_cast<uint64_t>(share.world) != 0) {
      throw base::Error(base::ErrorKind::kConfig,
                        str("train.", options.batch_tokens > 0 ? "batch_tokens" : "batch_sequences",
                            ": got batches of ", stage.batch_rows, " rows for ", share.world,
                            " processes, expected a multiple; change it, or the number of processes (WORLD_SIZE)"));
    }
    // A stage of its own seed: otherwise its examples would meet the random numbers of those of the stage before.
    stages_.push_back(make_stage(corpus, options, form, seed + stages_.size(), stage));
  }
}

StepBatch Loader::batch(uint64_t step) const {
  const data::StepPlan plan = plan_.at(step);
  const Stage& stage = stages_[plan.stage];
  StepBatch out;
  out.step = step;
  out.first_row = data::share_begin(plan.rows, share_.rank, share_.world);
  const uint64_t end = data::share_begin(plan.rows, share_.rank + 1, share_.world);
  const std::vector<data::Example> examples = stage.sampler->range(plan.first + out.first_row, end - out.first_row);
  const std::span<const data::Example> all(examples);
  const size_t part_rows = part_rows_ > 0 ? part_rows_ : all.size();
  for (size_t begin = 0; begin < all.size(); begin += part_rows) {
    const auto part = all.subspan(begin, std::min(part_rows, all.size() - begin));
    out.parts.push_back(data::make_masked_batch(stage.sources, *stage.masker, part, step));
    const data::MaskedBatch& added = out.parts.back();
    out.tokens += added.size();
    out.predictions += added.labels.size();
    out.sequences += added.sequences();
    out.pairs +=
        static_cast<uint64_t>(std::ranges::count_if(added.pair_labels, [](int32_t label) { return label >= 0; }));
  }
  return out;
}

std::unique_ptr<data::Prefetch<StepBatch>> Loader::stream(uint64_t first, uint64_t end) const {
  return std::make_unique<data::Prefetch<StepBatch>>([this](uint64_t step) { return batch(step); }, first, end,
                                                     kPrefetchSteps);
}

std::string Loader::rows_text(uint64_t step) const {
  constexpr uint64_t kShown = 4;
  const data::StepPlan plan = plan_.at(step);
  std::vector<std::string> texts;
  for (const data::Example& example : stages_[plan.stage].sampler->range(plan.first, std::min(plan.rows, kShown)))
    texts.push_back(str(corpus_.shares()[example.source].name(), " row ", example.row));
  return str(base::join(texts, ", "), plan.rows > kShown ? str(" and ", plan.rows - kShown, " more") : "");
}

double Loader::epochs(uint64_t steps) const {
  double out = 0;
  const std::vector<data::Stage>& stages = plan_.stages();
  for (size_t i = 0; i < stages_.size() && stages[i].begin < steps; ++i) {
    const uint64_t last = (i + 1 < stages.size() ? std::min(steps, stages[i + 1].begin) : steps) - 1;
    const data::StepPlan plan = plan_.at(last);
    out += stages_[i].sampler->epochs(plan.first + plan.rows);
  }
  return out;
}

StepBatch validation_batch(const Corpus& corpus, const TrainOptions& options, BatchForm form) {
  if (corpus.documents() == 0) return {};
  const uint64_t rows = rows_of(corpus.shards(), corpus.kinds(), options, form, options.sequence_length).size();
  if (rows == 0) return {};
  TrainOptions one_batch = options;
  one_batch.short_sequence_length = one_batch.batch_tokens = one_batch.batch_ramp_steps = 0;
  one_batch.batch_sequences = std::min(static_cast<int64_t>(rows), options.validation_sequences);
  if (options.validation_mask_share > 0) one_batch.mask.mask_share = options.validation_mask_share;
  if (one_batch.micro_batch_sequences == 0)
    one_batch.micro_batch_sequences = static_cast<int64_t>(options.batch_rows(options.sequence_length));
  return Loader(corpus, one_batch, form, kValidationSeed, 1).batch(0);
}

}  // namespace lmkor::train
