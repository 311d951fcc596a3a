// What the tests of the vocabulary share: counts out of words and texts.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "expect_error.h"
#include "lmkor/vocab/count.h"
#include "lmkor/vocab/counts.h"
#include "temporary_folder.h"

namespace lmkor::vocab {

inline Counts counts_of(const std::map<std::string, uint64_t>& words, uint64_t unit = 1) {
  Counts counts;
  counts.info.unit = unit;
  for (const auto& [word, count] : words) {
    append_line(counts.lines, word, count);
    counts.info.total += count;
    ++counts.different;
  }
  return counts;
}

inline std::map<std::string, uint64_t> words_of(const Counts& counts) {
  std::map<std::string, uint64_t> words;
  WordReader reader = counts.reader();
  WordCount word;
  while (reader.next(word)) words.emplace(word.word, word.count);
  return words;
}

struct WeightedText {
  std::string text;
  uint64_t weight = 1;
};

// Counts by `lanes` lanes that take turns, with so little memory that words go to disk if `memory_bytes` is small.
inline Counts count(const std::vector<WeightedText>& texts, const std::filesystem::path& dir, int lanes = 1,
                    uint64_t memory_bytes = uint64_t{1} << 40, uint64_t unit = 1) {
  Counter counter({{}, unit, memory_bytes, dir});
  std::vector<std::unique_ptr<Counter::Lane>> all;
  for (int i = 0; i < lanes; ++i) all.push_back(counter.take());
  for (size_t i = 0; i < texts.size(); ++i) all[i % all.size()]->add(texts[i].text, texts[i].weight);
  for (auto& lane : all) counter.give(std::move(lane));
  Counts counts = counter.finish(lanes, dir / "counts.zst");
  if (counts.file.empty()) write_counts(dir / "counts.zst", counts);
  return counts;
}

}  // namespace lmkor::vocab
