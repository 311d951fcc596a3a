#include "lmkor/text/word_finder.h"

#include <algorithm>
#include <bit>

#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

constexpr char32_t kBasicCodePoints = 0x10000;

char32_t lower(char32_t c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }
uint64_t edge_key(uint32_t node, char32_t c) { return (uint64_t{node} << 21 | c) + 1; }
uint64_t slot_of(uint64_t key) { return (key * 0x9E3779B97F4A7C15u) >> 20; }

}  // namespace

WordFinder::WordFinder() : nodes_(1), edges_(64), first_(kBasicCodePoints / 64) {}

void WordFinder::add(std::string_view word, int list) { insert(word, uint32_t{1} << static_cast<uint32_t>(list)); }
void WordFinder::add_exception(std::string_view word) { insert(word, uint32_t{1} << kException); }

void WordFinder::insert(std::string_view word, uint32_t list) {
  if (word.empty()) return;
  uint32_t node = 0;
  for (const char32_t wide : to_utf32(word)) {
    const char32_t c = lower(wide);
    if (node == 0 && c < kBasicCodePoints) first_[c / 64] |= uint64_t{1} << (c % 64);
    uint32_t next = child(node, c);
    if (next == 0) {
      next = static_cast<uint32_t>(nodes_.size());
      std::string character;
      append_utf8(character, c);
      nodes_.push_back({.bytes = nodes_[node].bytes + static_cast<uint32_t>(character.size())});
      put(node, c, next);
    }
    node = next;
  }
  nodes_[node].own |= list;
  ++words_;
}

uint32_t WordFinder::child(uint32_t node, char32_t c) const {
  const uint64_t key = edge_key(node, c);
  for (uint64_t at = slot_of(key);; ++at) {
    const Edge& edge = edges_[at & (edges_.size() - 1)];
    if (edge.key == key) return edge.to;
    if (edge.key == 0) return 0;
  }
}

void WordFinder::put(uint32_t node, char32_t c, uint32_t to) {
  const auto place = [](std::vector<Edge>& edges, const Edge& edge) {
    uint64_t at = slot_of(edge.key);
    while (edges[at & (edges.size() - 1)].key != 0) ++at;
    edges[at & (edges.size() - 1)] = edge;
  };
  if (++edge_count_ * 2 > edges_.size()) {
    std::vector<Edge> larger(edges_.size() * 2);
    for (const Edge& edge : edges_) {
      if (edge.key != 0) place(larger, edge);
    }
    edges_ = std::move(larger);
  }
  place(edges_, {edge_key(node, c), to});
}

uint32_t WordFinder::step(uint32_t node, char32_t c) const {
  for (;;) {
    const uint32_t next = child(node, c);
    if (next != 0 || node == 0) return next;
    node = nodes_[node].fail;
  }
}

void WordFinder::finish() {
  std::vector<const Edge*> edges;
  for (const Edge& edge : edges_) {
    if (edge.key != 0) edges.push_back(&edge);
  }
  // A node has a higher number than its parent. Breadth first, so that fail nodes are known before they are used.
  std::sort(edges.begin(), edges.end(), [](const Edge* a, const Edge* b) { return a->to < b->to; });
  std::vector<uint32_t> depth(nodes_.size());
  for (const Edge* edge : edges) depth[edge->to] = depth[(edge->key - 1) >> 21] + 1;
  std::sort(edges.begin(), edges.end(), [&](const Edge* a, const Edge* b) {
    const uint32_t depth_a = depth[a->to], depth_b = depth[b->to];
    return depth_a != depth_b ? depth_a < depth_b : a->to < b->to;
  });
  for (const Edge* edge : edges) {
    const auto parent = static_cast<uint32_t>((edge->key - 1) >> 21);
    const auto c = static_cast<char32_t>((edge->key - 1) & 0x1FFFFF);
    Node& node = nodes_[edge->to];
    node.fail = parent == 0 ? 0 : step(nodes_[parent].fail, c);
    const Node& fail = nodes_[node.fail];
    node.next_own = fail.own != 0 ? node.fail : fail.next_own;
    node.outputs = node.own | fail.outputs;
  }
}

std::vector<WordFinder::Match> WordFinder::find(std::string_view utf8) const {
  std::vector<Match> matches;
  std::vector<Match> exceptions;
  uint32_t node = 0;
  for (size_t i = 0; i < utf8.size();) {
    const Decoded decoded = decode_one(utf8.substr(i));
    i += decoded.bytes;
    const char32_t c = lower(decoded.code_point);
    if (node == 0 && c < kBasicCodePoints && (first_[c / 64] >> (c % 64) & 1) == 0) continue;
    node = step(node, c);
    if (nodes_[node].outputs == 0) continue;
    for (uint32_t at = nodes_[node].own != 0 ? node : nodes_[node].next_own; at != 0; at = nodes_[at].next_own) {
      const size_t size = nodes_[at].bytes;
      for (uint32_t lists = nodes_[at].own; lists != 0; lists &= lists - 1) {
        const int list = std::countr_zero(lists);
        (list == kException ? exceptions : matches).push_back({i - size, size, list});
      }
    }
  }
  std::erase_if(matches, [&](const Match& match) {
    return std::any_of(exceptions.begin(), exceptions.end(), [&](const Match& exception) {
      return exception.begin <= match.begin && match.begin + match.size <= exception.begin + exception.size;
    });
  });
  return matches;
}

}  // namespace lmkor::text
