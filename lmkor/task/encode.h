// Examples as inputs of a network: texts and pairs cut to a length, words with the place of their first piece, long
// passages in overlapping windows.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lmkor/task/task.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::task {

// One sequence: [CLS] text [SEP] or [CLS] text [SEP] second [SEP].
struct Encoded {
  std::vector<int32_t> ids{}, type_ids{};
  uint32_t example = 0;  // its number; several sequences may belong to one (kTags, kAnswer)
  // What is to be learnt. kClass: the label; kMultiLabel: 0 or 1 for each; kTags: one for each word of the sequence;
  // kAnswer: the first and the last token of the answer, both 0 ([CLS]) where it is not in this window.
  std::vector<int64_t> targets{};
  double value = 0;  // kScore
  // kTags: the words from number `first_word` on, each with the position of its first piece.
  uint32_t first_word = 0;
  std::vector<int64_t> first_pieces{};
  // kAnswer: the tokens of the context and the code points of the context that each stands for.
  int64_t context_begin = 0;
  std::vector<std::pair<uint32_t, uint32_t>> offsets{};
};

struct EncodedSet {
  std::vector<Encoded> inputs;
  std::vector<Encoded> swapped;  // the pairs in the other order, where asked for
  size_t examples = 0;
  size_t cut = 0;       // examples that lost text
  size_t windowed = 0;  // examples that take several sequences (and lose nothing)
  uint64_t tokens = 0;
};

struct EncodeSettings {
  int64_t max_length = 128;
  int64_t window_step = 128;  // kAnswer: tokens by which windows of a long context move on
  int64_t max_question = 64;  // kAnswer: tokens of a question at most
  bool swapped = false;       // fill EncodedSet::swapped too
};

// Throws kIncompatible where the vocabulary has no special tokens, kConfig where `max_length` leaves no room.
EncodedSet encode_examples(const Task& task, const std::vector<Example>& examples,
                           const tokenizer::Tokenizer& tokenizer, const EncodeSettings& settings);

}  // namespace lmkor::task
