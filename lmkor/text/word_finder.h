// Finds many words in a text in one pass (Aho and Corasick, Efficient String Matching, CACM 18, 1975), over code
// points. Words stand anywhere, also inside of others, as Korean words do behind prefixes and before particles; an
// exception is a longer word inside of which they do not count ("시발점"). ASCII letters are equal in both cases.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lmkor::text {

class WordFinder {
 public:
  WordFinder();
  // `list` (0 to 30) is what find() tells. An empty word is none.
  void add(std::string_view word, int list);
  void add_exception(std::string_view word);
  // Call once after the last word, before find().
  void finish();
  bool empty() const { return words_ == 0; }

  struct Match {
    size_t begin, size;  // bytes
    int list;
  };
  // The words in `utf8` that lie in no exception, by their ends. Any number of threads.
  std::vector<Match> find(std::string_view utf8) const;

 private:
  static constexpr int kException = 31;
  struct Node {
    uint32_t fail = 0;
    uint32_t outputs = 0;   // lists, as bits, of words that end here, with those of its fail nodes
    uint32_t own = 0;       // lists of the word that is this node
    uint32_t next_own = 0;  // the next fail node with an own word
    uint32_t bytes = 0;     // of the word so far
  };
  struct Edge {
    uint64_t key = 0;  // node << 21 | code point, plus 1; 0: free
    uint32_t to = 0;
  };
  void insert(std::string_view word, uint32_t list);
  uint32_t child(uint32_t node, char32_t c) const;
  void put(uint32_t node, char32_t c, uint32_t to);
  uint32_t step(uint32_t node, char32_t c) const;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;  // open addressing, a power of two
  size_t edge_count_ = 0;
  std::vector<uint64_t> first_;  // a bit for each code point below U+10000 that begins a word
  size_t words_ = 0;
};

}  // namespace lmkor::text
