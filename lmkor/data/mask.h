// Choosing what a model must predict. Every choice is a pure function of (seed, number of the example, place in its
// row): the same for any number of threads and processes, and after a resume.
#pragma once

#include <cstdint>
#include <span>

#include "lmkor/config/fields.h"
#include "lmkor/data/batch.h"
#include "lmkor/data/pieces.h"

namespace lmkor::data {

enum class MaskStyle {
  kBert,     // masked language model: 80 % [MASK], 10 % another piece, 10 % kept
  kElectra,  // input of a generator: 85 % [MASK], 15 % kept, positions drawn without replacement
};

struct MaskOptions {
  double mask_share = 0.15;
  bool whole_word_masking = true;
  int64_t max_predictions = 0;
  int64_t max_ngram = 1;

  void fields(config::Fields& f);
};

// Predictions a sequence may have. BERT (google-research/bert, create_pretraining_data.py):
// min(max_predictions, max(1, round(share * length))), rounded half to even. ELECTRA (google-research/electra,
// pretrain_helpers.py): clip(round(share * length), 1, int((share + 0.005) * sequence_length)). `length` counts [CLS]
// and [SEP].
int64_t mask_budget(MaskStyle style, const MaskOptions& options, int64_t sequence_length, int64_t length);

class Masker {
 public:
  // whole_word_masking counts for kBert only. The kinds are not copied and must outlive the masker.
  Masker(const PieceKinds& kinds, MaskStyle style, const MaskOptions& options, int64_t sequence_length, uint64_t seed);

  // Masks the sequence at [begin, end) of batch.ids, which starts at `place` of the row of example `number`. Writes
  // batch.masked_ids there (it must hold the original ids already) and appends to masked_positions, labels and, for
  // kElectra, draws.
  // Candidates are all pieces but [CLS], [SEP], [MASK] and [PAD].
  void mask(uint64_t number, uint64_t place, size_t begin, size_t end, MaskedBatch& batch) const;

 private:
  // What is masked together stands in `chosen` as places of batch.ids, ascending.
  void choose(uint64_t number, uint64_t place, size_t begin, size_t end, const MaskedBatch& batch,
              std::vector<int32_t>& chosen) const;
  bool is_candidate(int32_t id) const { return !kinds_.is_special(id) || id == kinds_.unk; }

  const PieceKinds& kinds_;
  MaskStyle style_;
  MaskOptions options_;
  int64_t sequence_length_;
  uint64_t seed_;
};

}  // namespace lmkor::data
