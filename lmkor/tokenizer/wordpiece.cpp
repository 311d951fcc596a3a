#include "lmkor/tokenizer/wordpiece.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {

// Places the nodes of the trie, breadth first. Sparse nodes fill the holes that wide ones leave.
class WordPiece::Builder {
 public:
  // `largest` symbol; the places up to it stay free, so that no base is negative.
  Builder(std::vector<Node>& nodes, const std::vector<std::u32string>& keys, const std::vector<int32_t>& ids,
          uint32_t largest)
      : nodes_(nodes), keys_(keys), ids_(ids) {
    nodes_.resize(largest + 1, kFreeNode);
    next_free_.resize(largest + 1);
    previous_free_.resize(largest + 1);
    first_free_ = largest + 1;
    grow(largest + 1024);
    waiting_.push_back({kRoot, 0, keys_.size(), 0});
    while (!waiting_.empty()) {
      // Wide nodes first: they need room, narrow ones fit anywhere.
      std::vector<Range> level = std::move(waiting_);
      waiting_.clear();
      std::stable_sort(level.begin(), level.end(),
                       [](const Range& a, const Range& b) { return a.end - a.begin > b.end - b.begin; });
      for (const Range& range : level) place(range.node, range.begin, range.end, range.depth);
    }
  }
  uint32_t root_base() const { return root_base_; }

 private:
  // Keys [begin, end) share their first `depth` symbols, which lead to `node`.
  struct Range {
    uint32_t node;
    size_t begin, end, depth;
  };
  static constexpr int kMaxTries = 1 << 16;
  static constexpr uint32_t kRoot = 0, kEnd = 0xFFFFFFFF;

  void place(uint32_t node, size_t begin, size_t end, size_t depth) {
    const bool is_token = keys_[begin].size() == depth;
    const auto id = static_cast<uint32_t>(ids_[begin]);
    if (is_token && end - begin == 1) {
      nodes_[node].value = kLeaf | kToken | id;
      return;
    }
    children_.clear();
    if (is_token) children_.push_back({0, begin++});
    for (size_t i = begin; i < end; ++i) {
      const uint32_t symbol = keys_[i][depth];
      if (children_.empty() || children_.back().first != symbol) children_.push_back({symbol, i});
    }
    const uint32_t base = find_base();
    bases_[base] = true;
    if (node == kRoot) root_base_ = base;
    nodes_[node].value = base | (is_token ? kToken : 0);
    for (size_t i = 0; i < children_.size(); ++i) {
      const auto [symbol, first] = children_[i];
      take(base + symbol, symbol == 0 ? kIdPlace : symbol);
      if (symbol == 0) {
        nodes_[base].value = id;
        continue;
      }
      waiting_.push_back({base + symbol, first, i + 1 < children_.size() ? children_[i + 1].second : end, depth + 1});
    }
  }

  // The first base where all children find a free place; what lies behind the last place is free as well.
  uint32_t find_base() {
    const uint32_t first = children_.front().first;
    const uint32_t width = children_.back().first - first;
    const auto is_free = [&](uint32_t at) { return at >= nodes_.size() || nodes_[at].symbol == kFree; };
    uint32_t at = first_free_;
    for (int tries = 0; at < nodes_.size(); at = tries++ < kMaxTries ? next_free_[at] : last_free_ + 1) {
      const bool fits =
          !bases_[at - first] && std::all_of(children_.begin() + 1, children_.end(),
                                             [&](const auto& child) { return is_free(at - first + child.first); });
      if (fits) break;
    }
    if (at + width >= nodes_.size()) grow(at + width + 1024);
    while (bases_[at - first]) ++at;  // behind the end only
    return at - first;
  }

  // A doubly linked list of free places, ending at nodes_.size().
  void grow(size_t size) {
    const auto old = static_cast<uint32_t>(nodes_.size());
    nodes_.resize(size, kFreeNode);
    next_free_.resize(size);
    previous_free_.resize(size);
    bases_.resize(size);
    for (uint32_t at = old; at < size; ++at) {
      next_free_[at] = at + 1;
      previous_free_[at] = at == old ? last_free_ : at - 1;
    }
    (last_free_ == kEnd ? first_free_ : next_free_[last_free_]) = old;
    last_free_ = static_cast<uint32_t>(size) - 1;
  }
  void take(uint32_t at, uint32_t symbol) {
    nodes_[at].symbol = symbol;
    const uint32_t next = next_free_[at], previous = previous_free_[at];
    (previous == kEnd ? first_free_ : next_free_[previous]) = next;
    (next >= nodes_.size() ? last_free_ : previous_free_[next]) = previous;
  }

  std::vector<Node>& nodes_;
  const std::vector<std::u32string>& keys_;
  const std::vector<int32_t>& ids_;
  uint32_t root_base_ = 0;
  std::vector<Range> waiting_;
  std::vector<std::pair<uint32_t, size_t>> children_;
  std::vector<uint32_t> next_free_, previous_free_;
  std::vector<bool> bases_;  // those that are taken
  uint32_t first_free_ = 0, last_free_ = kEnd;
};

WordPiece::WordPiece(const std::vector<std::string>& tokens, std::string_view continuing_prefix, int32_t unk_id,
                     int64_t max_chars)
    : unk_id_(unk_id), max_chars_(static_cast<size_t>(std::max<int64_t>(0, max_chars))) {
  std::vector<std::u32string> texts(tokens.size());
  std::vector<uint32_t> counts(0x110000);
  for (size_t id = 0; id < tokens.size(); ++id) {
    texts[id] = text::to_utf32(tokens[id]);
    for (const char32_t c : texts[id]) ++counts[c];
  }
  // Frequent code points get small symbols, so that children stand close together.
  std::vector<char32_t> order;
  for (char32_t c = 0; c < counts.size(); ++c) {
    if (counts[c] > 0) order.push_back(c);
  }
  const char32_t largest = order.empty() ? 0 : order.back();
  std::stable_sort(order.begin(), order.end(), [&](char32_t a, char32_t b) { return counts[a] > counts[b]; });
  symbols_.assign(largest + 1, 0);
  for (size_t i = 0; i < order.size(); ++i) symbols_[order[i]] = static_cast<uint32_t>(i) + 1;

  const auto to_symbols = [&](std::u32string& text) {
    for (char32_t& c : text) c = symbol(c);
  };
  for (std::u32string& text : texts) to_symbols(text);
  std::vector<int32_t> by_key(tokens.size());
  std::iota(by_key.begin(), by_key.end(), 0);
  std::stable_sort(by_key.begin(), by_key.end(),
                   [&](int32_t a, int32_t b) { return texts[static_cast<size_t>(a)] < texts[static_cast<size_t>(b)]; });
  std::vector<std::u32string> keys;
  std::vector<int32_t> ids;
  for (const int32_t id : by_key) {
    const std::u32string& key = texts[static_cast<size_t>(id)];
    if (key.empty()) continue;
    if (!keys.empty() && keys.back() == key) {
      ids.back() = id;
    } else {
      keys.push_back(key);
      ids.push_back(id);
    }
  }
  const auto largest_symbol = static_cast<uint32_t>(order.size());
  if (!keys.empty()) root_base_ = Builder(nodes_, keys, ids, largest_symbol).root_base();
  nowhere_ = static_cast<uint32_t>(nodes_.size());
  nodes_.resize(nodes_.size() + largest_symbol + 1, kFreeNode);  // so that base + symbol is a place for every base
  nodes_.shrink_to_fit();
  nodes_[cpu::Trie::kNoToken].value = static_cast<uint32_t>(unk_id_);
  if (keys.empty()) root_base_ = nowhere_;
  std::u32string prefix = text::to_utf32(continuing_prefix);
  to_symbols(prefix);
  continuing_base_ = base_of(prefix);
  pack();
}

void WordPiece::pack() {
  using Packed = cpu::Trie::Packed;
  packed_.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    const bool led_to = node.symbol != kFree && node.symbol != kIdPlace;
    const uint32_t symbol = led_to ? node.symbol : Packed::kNoSymbol, value = node.value & kValue;
    if ((led_to && symbol >= Packed::kNoSymbol) || value > Packed::kValue) {
      packed_ = {};
      return;
    }
    packed_.push_back(symbol << Packed::kSymbolShift | ((node.value & kToken) != 0 ? Packed::kToken : 0) |
                      ((node.value & kLeaf) != 0 ? Packed::kLeaf : 0) | value);
  }
}

// Where the children of the node stand that `symbols` lead to.
uint32_t WordPiece::base_of(const std::u32string& symbols) const {
  uint32_t base = root_base_;
  for (const char32_t s : symbols) {
    const Node& node = nodes_[base + s];
    if (s == 0 || node.symbol != s || (node.value & kLeaf) != 0) return nowhere_;
    base = node.value & kValue;
  }
  return base;
}

void WordPiece::encode(std::u32string_view word, std::vector<Piece>& out) const {
  const size_t before = out.size();
  const auto size = static_cast<uint32_t>(word.size());
  bool known = word.size() <= max_chars_;
  for (uint32_t begin = 0; known && begin < size;) {
    uint32_t base = begin == 0 ? root_base_ : continuing_base_;
    Piece best{-1, begin};
    for (uint32_t at = begin; base != nowhere_ && at < size; ++at) {
      const uint32_t s = symbol(word[at]);
      const Node& node = nodes_[base + s];
      if (node.symbol != s) break;
      const bool leaf = (node.value & kLeaf) != 0;
      if ((node.value & kToken) != 0) {
        best = {static_cast<int32_t>((leaf ? node : nodes_[node.value & kValue]).value & kValue), at + 1};
      }
      base = leaf ? nowhere_ : node.value & kValue;
    }
    known = best.id >= 0;
    if (known) out.push_back(best);
    begin = best.end;
  }
  if (!known) {
    out.resize(before);
    out.push_back({unk_id_, size});
  }
}

cpu::Trie WordPiece::trie() const {
  const auto most = static_cast<uint32_t>(std::min<size_t>(max_chars_, std::numeric_limits<int32_t>::max()));
  return {nodes_.data(), packed_.empty() ? nullptr : packed_.data(), root_base_, continuing_base_, nowhere_, most};
}

}  // namespace lmkor::tokenizer
