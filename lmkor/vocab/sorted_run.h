// Words of hash tables in the order of their bytes, as lines of counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "lmkor/vocab/word_table.h"

namespace lmkor::vocab {

class SortedRun {
 public:
  // Views words of `tables`, which stay as they are while the run lives.
  SortedRun(const std::vector<const WordTable*>& tables, int threads);
  size_t size() const { return words_.size(); }
  // Gives lines "COUNT<tab>WORD", many at a time, in order.
  void write(int threads, const std::function<void(std::string_view lines)>& out) const;

 private:
  struct Word {
    uint64_t head;  // the first 8 bytes as a big-endian number, which decides most comparisons
    WordRecord record;
  };
  std::vector<Word> words_;
  std::vector<size_t> begins_;  // of buckets: ranges that are sorted apart
};

}  // namespace lmkor::vocab
