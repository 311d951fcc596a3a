// Pairs of segments for the tasks beside the masked language model. Every choice is a pure function of (seed, number of
// the example, place in its row).
#pragma once

#include <cstdint>
#include <span>

#include "lmkor/base/random.h"
#include "lmkor/data/examples.h"
#include "lmkor/data/shard.h"

namespace lmkor::data {

enum class Pairs {
  kNone,
  kSentenceOrder,  // ALBERT: the two halves of a piece, swapped at even odds (label 1)
  kNextSentence,   // BERT: at even odds the second half comes from another document (label 1)
};

// What becomes [CLS] first [SEP] second [SEP], or [CLS] first [SEP] where there is no label.
struct Segments {
  std::span<const uint16_t> first, second;
  int32_t label = kNoLabel;
  static constexpr int32_t kNoLabel = -1;
};

// Divides `piece` at the start of one of its sentences, each as likely. A piece of one sentence stays one segment
// without a label: both reference codes give it a random second segment, always with label 1, so that a short first
// segment gives the answer away (google-research/albert, create_pretraining_data.py), which corpora of reviews would
// meet all the time. The random segment of kNextSentence begins at a sentence of another document and is at most as
// long as what it replaces, which is read in another epoch. `place` counts the row's tokens before the sequence.
Segments divide(const ShardSet& shards, const Piece& piece, Pairs pairs, const base::Random& random, uint64_t place);

}  // namespace lmkor::data
