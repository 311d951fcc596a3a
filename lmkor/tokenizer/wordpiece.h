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

  // The same for a word as symbols: writes its ids, at most one per symbol, and returns their number.
  size_t encode(std::span<const uint32_t> symbols, int32_t* ids) const;
  // Dense number of a code point from 1; 0: in no token.
  uint32_t symbol(char32_t c) const { return c < symbols_.size() ? symbols_[c] : 0; }

 private:
  struct alignas(16) Node {
    uint32_t base = 0;        // child by symbol s stands at base + s, modulo 2^32
    uint32_t parent = kFree;  // which node the place belongs to
    int32_t id = -1;          // of the token that ends here
    uint32_t children = 0;    // bit s % 32 is set if there may be a child by symbol s: saves most steps into nothing
  };
  static constexpr uint32_t kFree = 0xFFFFFFFF, kNone = 0xFFFFFFFE;
  static constexpr uint32_t kRoot = 0;

  class Builder;
  uint32_t child(uint32_t node, uint32_t symbol) const {
    if ((nodes_[node].children >> symbol % 32 & 1) == 0) return kNone;
    const uint32_t at = nodes_[node].base + symbol;
    return at < nodes_.size() && nodes_[at].parent == node ? at : kNone;
  }
  // The longest token that continues a word from `begin` (or begins it); its end is `begin` where there is none.
  template <class SymbolAt>
  Piece longest(const SymbolAt& symbol_at, uint32_t begin, uint32_t size) const {
    uint32_t node = begin == 0 ? kRoot : continuing_node_;
    Piece best{-1, begin};
    for (uint32_t at = begin; node != kNone && at < size; ++at) {
      const uint32_t s = symbol_at(at);
      node = s == 0 ? kNone : child(node, s);
      if (node != kNone && nodes_[node].id >= 0) best = {nodes_[node].id, at + 1};
    }
    return best;
  }

  std::vector<Node> nodes_;
  std::vector<uint32_t> symbols_;     // by code point
  uint32_t continuing_node_ = kNone;  // where the prefix of continuing pieces leads
  int32_t unk_id_;
  size_t max_chars_;
};

}  // namespace lmkor::tokenizer
