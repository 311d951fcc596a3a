#include "lmkor/tokenizer/wordpiece.h"

#include <algorithm>
#include <numeric>

#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {

// Places the nodes of the trie, breadth first. Sparse nodes fill the holes that wide ones leave.
class WordPiece::Builder {
 public:
  Builder(std::vector<Node>& nodes, const std::vector<std::u32string>& keys, const std::vector<int32_t>& ids)
      : nodes_(nodes), keys_(keys), ids_(ids) {
    grow(1024);
    take(kRoot, kNone);
    place(kRoot, 0, keys_.size(), 0);
    while (!waiting_.empty()) {
      // Wide nodes first: they need room, narrow ones fit anywhere.
      std::vector<Range> level = std::move(waiting_);
      waiting_.clear();
      std::stable_sort(level.begin(), level.end(),
                       [](const Range& a, const Range& b) { return a.end - a.begin > b.end - b.begin; });
      for (const Range& range : level) place(range.node, range.begin, range.end, range.depth);
    }
  }

 private:
  // Keys [begin, end) share their first `depth` symbols, which lead to `node`.
  struct Range {
    uint32_t node;
    size_t begin, end, depth;
  };
  static constexpr int kMaxTries = 64;

  void place(uint32_t node, size_t begin, size_t end, size_t depth) {
    if (keys_[begin].size() == depth) nodes_[node].id = ids_[begin++];
    children_.clear();
    for (size_t i = begin; i < end; ++i) {
      const uint32_t symbol = keys_[i][depth];
      if (children_.empty() || children_.back().first != symbol) children_.push_back({symbol, i});
    }
    if (children_.empty()) return;
    const uint32_t base = find_base();
    nodes_[node].base = base;
    for (size_t i = 0; i < children_.size(); ++i) {
      const uint32_t at = base + children_[i].first;
      nodes_[node].children |= uint32_t{1} << children_[i].first % 32;
      take(at, node);
      waiting_.push_back(
          {at, children_[i].second, i + 1 < children_.size() ? children_[i + 1].second : end, depth + 1});
    }
  }

  uint32_t find_base() {
    const uint32_t first = children_.front().first;
    const uint32_t width = children_.back().first - first;
    int tries = 0;
    for (uint32_t at = first_free_; at < nodes_.size() && tries < kMaxTries; at = next_free_[at], ++tries) {
      if (at + width >= nodes_.size()) break;
      const bool fits = std::all_of(children_.begin(), children_.end(), [&](const auto& child) {
        return nodes_[at - first + child.first].parent == kFree;
      });
      if (fits) return at - first;
    }
    const auto at = static_cast<uint32_t>(nodes_.size());
    grow(at + width + 1024);
    return at - first;
  }

  // A doubly linked list of free places, ending at nodes_.size().
  void grow(size_t size) {
    const auto old = static_cast<uint32_t>(nodes_.size());
    nodes_.resize(size);
    next_free_.resize(size);
    previous_free_.resize(size);
    for (uint32_t at = old; at < size; ++at) {
      next_free_[at] = at + 1;
      previous_free_[at] = at == old ? last_free_ : at - 1;
    }
    (last_free_ == kNone ? first_free_ : next_free_[last_free_]) = old;
    last_free_ = static_cast<uint32_t>(size) - 1;
  }
  void take(uint32_t at, uint32_t parent) {
    nodes_[at].parent = parent;
    const uint32_t next = next_free_[at], previous = previous_free_[at];
    (previous == kNone ? first_free_ : next_free_[previous]) = next;
    (next >= nodes_.size() ? last_free_ : previous_free_[next]) = previous;
  }

  std::vector<Node>& nodes_;
  const std::vector<std::u32string>& keys_;
  const std::vector<int32_t>& ids_;
  std::vector<Range> waiting_;
  std::vector<std::pair<uint32_t, size_t>> children_;
  std::vector<uint32_t> next_free_, previous_free_;
  uint32_t first_free_ = 0, last_free_ = kNone;
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
  if (keys.empty()) {
    nodes_.resize(1);
    return;
  }
  Builder(nodes_, keys, ids);
  std::u32string prefix = text::to_utf32(continuing_prefix);
  to_symbols(prefix);
  continuing_node_ = kRoot;
  for (const char32_t s : prefix) {
    if (continuing_node_ != kNone) continuing_node_ = s == 0 ? kNone : child(continuing_node_, s);
  }
}

void WordPiece::encode(std::u32string_view word, std::vector<Piece>& out) const {
  const size_t before = out.size();
  const auto size = static_cast<uint32_t>(word.size());
  bool known = word.size() <= max_chars_;
  for (uint32_t begin = 0; known && begin < size;) {
    const Piece best = longest([&](uint32_t at) { return symbol(word[at]); }, begin, size);
    known = best.id >= 0;
    if (known) out.push_back(best);
    begin = best.end;
  }
  if (!known) {
    out.resize(before);
    out.push_back({unk_id_, size});
  }
}

size_t WordPiece::encode(std::span<const uint32_t> symbols, int32_t* ids) const {
  const auto size = static_cast<uint32_t>(symbols.size());
  size_t count = 0;
  bool known = size <= max_chars_;
  // Where a piece may begin; the walk then waits for its later symbols only.
  if (continuing_node_ != kNone && known) {
    const Node* const first =
        nodes_.data() + static_cast<ptrdiff_t>(static_cast<int32_t>(nodes_[continuing_node_].base));
    for (uint32_t at = 1; at < size; ++at) __builtin_prefetch(first + symbols[at]);
  }
  for (uint32_t begin = 0; known && begin < size;) {
    const Piece best = longest([&](uint32_t at) { return symbols[at]; }, begin, size);
    known = best.id >= 0;
    ids[count++] = best.id;
    begin = best.end;
  }
  if (known) return count;
  ids[0] = unk_id_;
  return 1;
}

}  // namespace lmkor::tokenizer
