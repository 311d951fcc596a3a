// Words to pieces on any processor.
#include "lmkor/tokenizer/cpu/walk.h"

namespace lmkor::tokenizer::cpu::portable {

bool read_threes(const uint32_t* table, uint32_t odd, const char* raw, size_t bytes, uint32_t* symbols) {
  uint32_t wrong = 0;  // no branch for each character
  for (const char* const end = raw + bytes; raw < end; raw += 3) {
    const auto byte = [raw](int i) { return static_cast<unsigned char>(raw[i]); };
    // 0 to 15 if it is one.
    const uint32_t form =
        (byte(0) ^ 0xE0u) | uint32_t{byte(0) == 0xE0} << 4 | ((byte(1) & 0xC0u) ^ 0x80u) | ((byte(2) & 0xC0u) ^ 0x80u);
    const uint32_t symbol = table[(byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu)];
    wrong |= (form & ~0x0Fu) | (symbol & odd);
    *symbols++ = symbol;
  }
  return wrong == 0;
}

void walk(const Trie& trie, const Walks& walks) {
  // A lane is a word on its way. Lanes take a step in turn; a step chooses by masks, so that its only branch is that at
  // the end of a word, and asks for the memory of the lane's next one.
  constexpr size_t kLanes = 16;
  struct Lane {
    const uint32_t* symbols;
    int32_t* out;
    uint32_t at, end;  // the next symbol, the number of symbols
    uint32_t begin;    // of the next piece, if none longer than `token` is found
    uint32_t base;     // of the node that the piece has led to
    uint32_t token;    // the place of the longest token found since the last piece
    uint32_t pieces;
    size_t word;
  } lanes[kLanes];
  const TrieNode* const nodes = trie.nodes;
  size_t next = 0, active = 0;
  const auto start = [&](Lane& lane) {
    if (next == walks.count) return false;
    const uint32_t begin = walks.begins[next], size = walks.begins[next + 1] - 1 - begin;
    const uint32_t base = size > trie.max_symbols ? trie.nowhere : trie.root;
    lane = {walks.symbols + begin, walks.ids + begin, 0, size, 0, base, Trie::kNoToken, 0, next++};
    __builtin_prefetch(nodes + lane.base + lane.symbols[0]);
    return true;
  };
  const auto choose = [](uint32_t mask, uint32_t a, uint32_t b) { return (a & mask) | (b & ~mask); };
  const auto sign = [](uint32_t value) { return static_cast<uint32_t>(static_cast<int32_t>(value) >> 31); };
  while (active < kLanes && start(lanes[active])) ++active;
  while (active > 0) {
    for (size_t i = 0; i < active;) {
      Lane& lane = lanes[i];
      const uint32_t symbol = lane.symbols[lane.at], place = lane.base + symbol;
      const TrieNode node = nodes[place];
      const uint32_t hit = node.symbol == symbol ? ~uint32_t{0} : 0;
      const uint32_t leaf = hit & sign(node.value), found = hit & sign(node.value << 1);  // kLeaf, kToken
      const uint32_t stop = ~hit | leaf;
      const uint32_t base = node.value & Trie::kValue;
      const uint32_t at = lane.at - hit;
      const uint32_t token = choose(found, choose(leaf, place, base), lane.token);
      const uint32_t begin = choose(found, at, lane.begin);
      lane.out[lane.pieces] = static_cast<int32_t>(token);
      const uint32_t pieces = lane.pieces - stop;
      if ((stop & 1) & (uint32_t{token == Trie::kNoToken} | uint32_t{begin == lane.end})) {
        walks.counts[lane.word] = token == Trie::kNoToken ? 1 : pieces;
        lane.out[0] = token == Trie::kNoToken ? static_cast<int32_t>(Trie::kNoToken) : lane.out[0];
        if (start(lane)) {
          ++i;
        } else if (--active > i) {
          lane = lanes[active];
        }
        continue;
      }
      lane.at = choose(stop, begin, at);
      lane.begin = begin;
      lane.base = choose(stop, trie.continuing, base);
      lane.token = token & ~stop;
      lane.pieces = pieces;
      __builtin_prefetch(nodes + lane.base + lane.symbols[lane.at]);
      ++i;
    }
  }
  for (size_t word = 0; word < walks.count; ++word) {
    int32_t* const ids = walks.ids + walks.begins[word];
    for (uint32_t i = 0; i < walks.counts[word]; ++i) {
      ids[i] = static_cast<int32_t>(nodes[static_cast<uint32_t>(ids[i])].value & Trie::kValue);
    }
  }
}

}  // namespace lmkor::tokenizer::cpu::portable
