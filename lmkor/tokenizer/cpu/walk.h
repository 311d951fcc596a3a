// The two loops that a word goes through which the cache does not hold: its bytes to symbols, and the greedy longest
// match of its symbols over the trie of tokens. For many words at once, which wait for memory together instead of one
// after the other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lmkor::tokenizer::cpu {

// A double-array trie. Of an inner node the value is its base, where its children stand: that by symbol s at base + s.
// A token that ends at an inner node has its id in the place base + 0. Of a leaf the value is the id itself.
struct TrieNode {
  uint32_t symbol;  // by which its parent leads here; never 0. No two nodes have the same base
  uint32_t value;
};
struct Trie {
  static constexpr uint32_t kLeaf = uint32_t{1} << 31, kToken = uint32_t{1} << 30, kValue = kToken - 1;
  static constexpr uint32_t kNoToken = 0;  // a place that belongs to no node; its value is the unknown token

  // A node in 32 bits: its symbol, kToken, kLeaf, its value; kNoSymbol where none leads. Half the memory and one load.
  struct Packed {
    static constexpr int kSymbolShift = 20;
    static constexpr uint32_t kNoSymbol = 0xFFF, kToken = uint32_t{1} << 19, kLeaf = uint32_t{1} << 18,
                              kValue = kLeaf - 1;
  };

  const TrieNode* nodes;
  const uint32_t* packed;  // the same nodes; null if symbols or values need more bits
  uint32_t root;           // base of the first piece of a word
  uint32_t continuing;     // base of the further ones
  uint32_t nowhere;        // a base without children
  uint32_t max_symbols;    // a longer word is unknown
};

// Words to be divided. Word i is symbols[begins[i], begins[i + 1] - 1), not empty, and a 0 stands behind it. Its ids go
// to ids + begins[i], their number to counts[i]; a word that cannot be divided is one unknown token.
struct Walks {
  static constexpr size_t kPadding = 32;  // readable numbers behind begins[count], all of a place where a 0 stands

  const uint32_t* symbols;
  const uint32_t* begins;
  size_t count;
  int32_t* ids;
  uint32_t* counts;
};

// Reads characters of three bytes: bytes is a multiple of 3. False, and anything at `symbols`, if one is none (or
// begins with E0, which overlong forms do as well), or its entry in `table`, by code point below 0x10000, has a bit of
// `odd`.
using ReadThrees = bool(const uint32_t* table, uint32_t odd, const char* raw, size_t bytes, uint32_t* symbols);
using Walk = void(const Trie& trie, const Walks& walks);

namespace portable {
ReadThrees read_threes;
Walk walk;
}  // namespace portable
namespace avx512 {
ReadThrees read_threes;
Walk walk;
}  // namespace avx512

}  // namespace lmkor::tokenizer::cpu
