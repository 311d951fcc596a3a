// Counts the words of texts. Words are those of the tokenizer (normalised, divided at spaces and punctuation), so
// training and encoding cannot disagree. The result is the same for any number of threads, any order of texts and any
// memory: words beyond the memory go to disk as sorted runs, which are merged at the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/settings.h"
#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {

struct CountPlan {
  tokenizer::Settings settings;
  uint64_t unit = 1;          // see CountsInfo
  uint64_t memory_bytes = 0;  // for words; buffers take some 20 MB besides
  std::filesystem::path dir;  // exists; runs are written here and removed again
};

class Counter {
 public:
  explicit Counter(CountPlan plan);
  ~Counter();

  // What one thread counts with. It holds the words seen last; finish() takes them.
  class Lane;
  // A lane that no other thread uses now; give it back after a stretch of work.
  std::unique_ptr<Lane> take();
  void give(std::unique_ptr<Lane> lane);

  // Ends the count, after all lanes were given back. Words that did not fit the memory are in `file` then, a file of
  // counts; of others no file is written.
  Counts finish(int threads, const std::filesystem::path& file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Counter::Lane {
 public:
  explicit Lane(State& state);
  ~Lane();
  // Counts the words of `text` `weight` times (in 1/unit, at least 1).
  void add(std::string_view text, uint64_t weight);

 private:
  friend class Counter;
  struct Front;
  std::unique_ptr<Front> front_;
};

}  // namespace lmkor::vocab
