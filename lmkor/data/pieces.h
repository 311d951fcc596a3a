// What the data path must know of a vocabulary: which ids are special, which continue a word, which stand for nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::data {

struct PieceKinds {
  enum Flag : uint8_t { kContinuation = 1, kSpecial = 2, kUnused = 4 };

  std::vector<uint8_t> flags;     // by id
  std::vector<int32_t> ordinary;  // neither special nor unused, ascending: what a random replacement is drawn from
  int32_t pad = -1, unk = -1, cls = -1, sep = -1, mask = -1;

  int32_t size() const { return static_cast<int32_t>(flags.size()); }
  bool is_continuation(int32_t id) const { return (flags[static_cast<size_t>(id)] & kContinuation) != 0; }
  bool is_special(int32_t id) const { return (flags[static_cast<size_t>(id)] & kSpecial) != 0; }
  bool is_unused(int32_t id) const { return (flags[static_cast<size_t>(id)] & kUnused) != 0; }
};

// Throws kIncompatible if a special token is missing or no ordinary token is there.
PieceKinds piece_kinds(const tokenizer::Tokenizer& tokenizer);
// Of tokens with the usual names: [PAD] [UNK] [CLS] [SEP] [MASK], [unusedN], ##x.
PieceKinds piece_kinds(std::span<const std::string> tokens);

}  // namespace lmkor::data
