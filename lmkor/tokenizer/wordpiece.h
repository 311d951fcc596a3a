// Greedy longest match of WordPiece (Schuster and Nakajima 2012) over a double-array trie of code points: one
// transition per code point. Knows tokens and words, not text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/cpu/walk.h"

namespace lmkor::tokenizer {

class WordPiece {
 public:
  // `tokens` by id; an empty string is an id without a token. Of equal tokens the last one counts.
  WordPiece(const std::vector<std::string>& tokens, std::string_view continuing_prefix, int32_t unk_id,
            int64_t max_chars);

  struct Piece {
    int32_t id;
    uint32_t end;  // index after its last code point in the word
  };
  // Appends the pieces of `word`. A word that cannot be divided, or is longer than max_chars, is one unknown piece.
  void encode(std::u32string_view word, std::vector<Piece>& out) const;

  // Dense number of a code point from 1; 0: in no token.
  uint32_t symbol(char32_t c) const { return c < symbols_.size() ? symbols_[c] : 0; }
  // What a kernel divides many words with at once; valid as long as this is.
  cpu::Trie trie() const;

 private:
  using Node = cpu::TrieNode;
  static constexpr uint32_t kFree = 0xFFFFFFFF, kIdPlace = 0xFFFFFFFE;  // as symbols: of no node, of an id of a base
  static constexpr Node kFreeNode = {kFree, 0};
  static constexpr uint32_t kLeaf = cpu::Trie::kLeaf, kToken = cpu::Trie::kToken, kValue = cpu::Trie::kValue;

  class Builder;
  uint32_t base_of(const std::u32string& symbols) const;

  void pack();

  std::vector<Node> nodes_;
  std::vector<uint32_t> packed_;   // the same as cpu::Trie::Packed, if they fit
  std::vector<uint32_t> symbols_;  // by code point
  uint32_t root_base_ = 0;
  uint32_t continuing_base_ = 0;  // of the node that the prefix of continuing pieces leads to
  uint32_t nowhere_ = 0;          // a base without children
  int32_t unk_id_;
  size_t max_chars_;
};

}  // namespace lmkor::tokenizer
