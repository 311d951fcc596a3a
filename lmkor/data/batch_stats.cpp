#include "lmkor/data/batch_stats.h"

#include <algorithm>

namespace lmkor::data {
namespace {

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void BatchStats::Range::add(uint64_t value) {
  ++count;
  sum += value;
  least = std::min(least, value);
  most = std::max(most, value);
}

base::Json BatchStats::Range::json() const {
  return {{"min", count == 0 ? 0 : least}, {"mean", share(sum, count)}, {"max", most}};
}

void BatchStats::add(const MaskedBatch& batch, const PieceKinds& kinds) {
  ++batches_;
  rows_ += batch.rows;
  tokens_ += batch.size();
  batch_tokens_.add(batch.size());
  batch_predictions_.add(batch.labels.size());
  padded_sequences_ += batch.sequences() * static_cast<uint64_t>(batch.max_length);
  std::vector<bool> predicted(batch.size());
  for (size_t m = 0; m < batch.labels.size(); ++m) {
    const auto position = static_cast<size_t>(batch.masked_positions[m]);
    predicted[position] = true;
    const int32_t now = batch.masked_ids[position];
    if (now == kinds.mask) {
      ++masked_;
    } else if (now == batch.labels[m]) {
      ++kept_;
    } else {
      ++random_;
    }
    if (kinds.is_special(batch.labels[m]) && batch.labels[m] != kinds.unk) ++specials_predicted_;
  }
  for (const int32_t label : batch.pair_labels) {
    pairs_ += label != Segments::kNoLabel;
    changed_pairs_ += label == 1;
  }
  for (size_t s = 0; s < batch.sequences(); ++s) {
    const auto begin = static_cast<size_t>(batch.cu_seqlens[s]), end = static_cast<size_t>(batch.cu_seqlens[s + 1]);
    sequence_tokens_.add(end - begin);
    add_words(batch, kinds, begin, end, predicted);
  }
}

void BatchStats::add_words(const MaskedBatch& batch, const PieceKinds& kinds, size_t begin, size_t end,
                           const std::vector<bool>& predicted) {
  size_t run = 0;  // masked words that follow each other
  for (size_t i = begin; i < end;) {
    const int32_t id = batch.ids[i];
    if (id == kinds.cls || id == kinds.sep) {
      ++i;
      run = 0;
      continue;
    }
    size_t after = i, hits = 0;
    do {
      hits += predicted[after];
      unknown_ += batch.ids[after] == kinds.unk;
      ++after;
    } while (after < end && kinds.is_continuation(batch.ids[after]));
    const bool is_long = after - i > 1, is_whole = hits == after - i;
    ++words_;
    whole_words_ += is_whole;
    partly_words_ += hits > 0 && !is_whole;
    long_words_ += is_long;
    long_whole_words_ += is_long && is_whole;
    run = is_whole ? run + 1 : 0;
    runs_ += run == 1;
    longest_run_ = std::max<uint64_t>(longest_run_, run);
    content_tokens_ += after - i;
    i = after;
  }
}

base::Json BatchStats::json() const {
  const uint64_t predictions = masked_ + random_ + kept_;
  const uint64_t places = rows_ * static_cast<uint64_t>(sequence_length_);
  base::Json lengths = sequence_tokens_.json();
  lengths["sequence_length"] = sequence_length_;
  return {
      {"batches", batches_},
      {"rows", rows_},
      {"sequences", sequence_tokens_.count},
      {"tokens", tokens_},
      {"unknown_share", share(unknown_, content_tokens_)},
      {"tokens_per_batch", batch_tokens_.json()},
      {"masking",
       {{"predictions", predictions},
        {"predictions_per_batch", batch_predictions_.json()},
        {"share_of_tokens", share(predictions, tokens_)},
        {"mask", share(masked_, predictions)},
        {"random", share(random_, predictions)},
        {"kept", share(kept_, predictions)},
        {"special_tokens_predicted", specials_predicted_}}},
      {"whole_words",
       {{"words", words_},
        {"masked_words", whole_words_},
        {"partly_masked_words", partly_words_},
        {"whole_share", share(whole_words_, whole_words_ + partly_words_)},
        {"words_of_several_pieces", long_words_},
        {"masked_words_of_several_pieces", long_whole_words_},
        {"masked_words_in_a_row", {{"mean", share(whole_words_, runs_)}, {"max", longest_run_}}}}},
      {"pairs",
       {{"pairs", pairs_},
        {"share_of_sequences", share(pairs_, sequence_tokens_.count)},
        {"changed_share", share(changed_pairs_, pairs_)}}},
      {"lengths", std::move(lengths)},
      {"padding",
       {{"tokens", 0},
        {"share", 0.0},
        {"share_if_rows_were_padded", 1 - share(tokens_, places)},
        {"share_if_sequences_were_padded", 1 - share(tokens_, padded_sequences_)}}},
  };
}

}  // namespace lmkor::data
