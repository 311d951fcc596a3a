// Greedy longest match of WordPiece (Schuster and Nakajima 2012) over a double-array trie of code points: one
// transition per code point. Knows tokens and words, not text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  struct Walk {
    const uint32_t* symbols;  // of a word; a 0 stands behind the last one
    uint32_t size;
    uint32_t count;  // receives the number of ids
    int32_t* ids;    // receives them: room for `size`
  };
  // The same for many words at once, which wait for memory together instead of one after the other.
  void encode(std::span<Walk> words) const;

 private:
  // Of an inner node the value is its base, where its children stand: that by symbol s at base + s. A token that ends
  // at an inner node has its id in the place base + 0. Of a leaf the value is the id itself.
  struct Node {
    uint32_t symbol = kFree;  // by which its parent leads here; no two nodes have the same base
    uint32_t value = 0;
  };
  static constexpr uint32_t kFree = 0xFFFFFFFF, kIdPlace = 0xFFFFFFFE;
  static constexpr uint32_t kLeaf = uint32_t{1} << 31, kToken = uint32_t{1} << 30, kValue = kToken - 1;
  static constexpr uint32_t kNoToken = 0;  // a place that belongs to no node; its value is the unknown token

  class Builder;
  uint32_t base_of(const std::u32string& symbols) const;

  std::vector<Node> nodes_;
  std::vector<uint32_t> symbols_;  // by code point
  uint32_t root_base_ = 0;
  uint32_t continuing_base_ = 0;  // of the node that the prefix of continuing pieces leads to
  uint32_t nowhere_ = 0;          // a base without children
  int32_t unk_id_;
  size_t max_chars_;
};

}  // namespace lmkor::tokenizer
