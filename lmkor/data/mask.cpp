#include "lmkor/data/mask.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

namespace {

constexpr double kBertMasked = 0.8, kBertReplaced = 0.1;
constexpr double kElectraMasked = 0.85;

// A run of pieces that is masked together, with the random key that orders it.
struct Candidate {
  uint64_t key;
  uint32_t begin, end;
  uint32_t first;  // its place among the candidates of the sequence
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.begin < b.begin;
  }
};

// The n in [1, most] that `uniform` draws with p(n) in proportion to 1 / n (Lan et al., 2020, "ALBERT", section 4.1).
size_t ngram_length(size_t most, double uniform) {
  double all = 0;
  for (size_t n = 1; n <= most; ++n) all += 1 / static_cast<double>(n);
  double left = uniform * all;
  size_t n = 1;
  while (n < most && (left -= 1 / static_cast<double>(n)) >= 0) ++n;
  return n;
}

// llrint rounds half to even in the default rounding mode, as Python's round() does.
int64_t round_half_even(double value) { return std::llrint(value); }

}  // namespace

void MaskOptions::fields(config::Fields& f) {
  f.add("mask_share", mask_share, "share of a sequence's tokens that is to be predicted", config::between(0.01, 0.9));
  f.add("whole_word_masking", whole_word_masking, "mask all pieces of a word together (BERT)");
  f.add("max_predictions", max_predictions, "most predictions in a sequence, 0 for the share of sequence_length",
        config::at_least(0));
  f.add("max_ngram", max_ngram,
        "mask up to so many consecutive words at once, n of them with a probability in proportion to 1 / n (ALBERT: 3)",
        config::between(1, 10));
}

int64_t mask_budget(MaskStyle style, const MaskOptions& options, int64_t sequence_length, int64_t length) {
  const int64_t wanted = std::max<int64_t>(1, round_half_even(options.mask_share * static_cast<double>(length)));
  int64_t most = options.max_predictions;
  if (most == 0) {
    const auto whole = static_cast<double>(sequence_length);
    most = style == MaskStyle::kBert ? std::max<int64_t>(1, round_half_even(options.mask_share * whole))
                                     : static_cast<int64_t>((options.mask_share + 0.005) * whole);
  }
  return std::min(wanted, std::max<int64_t>(1, most));
}

Masker::Masker(const PieceKinds& kinds, MaskStyle style, const MaskOptions& options, int64_t sequence_length,
               uint64_t seed)
    : kinds_(kinds), style_(style), options_(options), sequence_length_(sequence_length), seed_(seed) {}

void Masker::choose(uint64_t number, uint64_t place, size_t begin, size_t end, const MaskedBatch& batch,
                    std::vector<int32_t>& chosen) const {
  const base::Random order(seed_, base::RandomUse::kMask, number), lengths(seed_, base::RandomUse::kNgram, number);
  const bool whole_words = style_ == MaskStyle::kBert && options_.whole_word_masking;
  thread_local std::vector<Candidate> candidates, in_order;
  candidates.clear();
  for (size_t i = begin; i < end; ++i) {
    const int32_t id = batch.ids[i];
    if (!is_candidate(id)) continue;
    const auto at = static_cast<uint32_t>(i);
    // As the reference does: a ## piece joins the candidate before it, if there is one in this sequence.
    if (whole_words && !candidates.empty() && kinds_.is_continuation(id)) {
      candidates.back().end = at + 1;
    } else {
      candidates.push_back({order.bits(place + (i - begin)), at, at + 1, static_cast<uint32_t>(candidates.size())});
    }
  }
  const auto length = static_cast<int64_t>(end - begin);
  const auto budget = static_cast<size_t>(mask_budget(style_, options_, sequence_length_, length));
  const size_t max_ngram = style_ == MaskStyle::kBert ? static_cast<size_t>(options_.max_ngram) : 1;
  if (max_ngram > 1) in_order = candidates;
  std::sort(candidates.begin(), candidates.end());
  for (const Candidate& candidate : candidates) {
    if (chosen.size() >= budget) break;
    uint32_t last = candidate.end;
    if (max_ngram > 1) {
      size_t most = 1;  // candidates that follow each other without a [SEP] between them
      while (most < max_ngram && candidate.first + most < in_order.size() &&
             in_order[candidate.first + most].begin == in_order[candidate.first + most - 1].end)
        ++most;
      size_t n = ngram_length(most, lengths.uniform(place + (candidate.begin - begin)));
      const auto end_of = [&](size_t count) { return in_order[candidate.first + count - 1].end; };
      while (n > 1 && chosen.size() + (end_of(n) - candidate.begin) > budget) --n;
      last = end_of(n);
      const auto covers = [&](int32_t i) {
        return static_cast<uint32_t>(i) >= candidate.begin && static_cast<uint32_t>(i) < last;
      };
      if (std::ranges::any_of(chosen, covers)) continue;
    }
    if (chosen.size() + (last - candidate.begin) > budget) continue;
    for (uint32_t i = candidate.begin; i < last; ++i) chosen.push_back(static_cast<int32_t>(i));
  }
  std::sort(chosen.begin(), chosen.end());
}

void Masker::mask(uint64_t number, uint64_t place, size_t begin, size_t end, MaskedBatch& batch) const {
  thread_local std::vector<int32_t> chosen;
  chosen.clear();
  choose(number, place, begin, end, batch, chosen);
  const base::Random replace(seed_, base::RandomUse::kReplace, number);
  const base::Random sample(seed_, base::RandomUse::kSample, number);
  for (const int32_t position : chosen) {
    const auto i = static_cast<size_t>(position);
    const uint64_t counter = 2 * (place + (i - begin));  // two numbers for each place of the row
    const double kind = replace.uniform(counter);
    if (style_ == MaskStyle::kElectra) {
      if (kind < kElectraMasked) batch.masked_ids[i] = kinds_.mask;
      batch.draws.push_back(static_cast<float>(sample.bits(place + (i - begin)) >> 40) * 0x1.0p-24f);
    } else if (kind < kBertMasked) {
      batch.masked_ids[i] = kinds_.mask;
    } else if (kind < kBertMasked + kBertReplaced) {
      batch.masked_ids[i] = kinds_.ordinary[replace.below(counter + 1, kinds_.ordinary.size())];
    }
    batch.masked_positions.push_back(position);
    batch.labels.push_back(batch.ids[i]);
  }
}

}  // namespace lmkor::data
