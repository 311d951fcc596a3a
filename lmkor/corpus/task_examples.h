// The texts of labelled tasks that a model will be tested on: what a corpus must not hold. Compared by letters alone:
// Hangul, Latin (as lower case) and digits, since cleaning, spacing and punctuation change everything else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lmkor/config/fields.h"

namespace lmkor::corpus {

struct ContaminationOptions {
  int64_t ngram = 40;
  double near = 0.8;

  void fields(config::Fields& f);
};

// A letter of a text: its code point, which is below 2^16 for all that count.
using Letter = uint16_t;
// Appends the letters of valid UTF-8 and, where `ends` is given, the byte after each.
void append_letters(std::string_view text, std::vector<Letter>& letters, std::vector<uint32_t>* ends = nullptr);

// Letters in a window of the index; shorter examples are found only as a whole.
inline constexpr size_t kWindow = 8;
uint64_t window_hash(const Letter* letters);
uint64_t letters_hash(std::span<const Letter> letters);

struct TaskExample {
  uint32_t task;
  std::string file;  // "test.tsv"
  uint64_t row;      // of data, from 1
  std::string text;
  uint32_t letters = 0;
  uint32_t windows = 0;  // different windows in the index
};

// Immutable, shared by threads.
class TaskExamples {
 public:
  // Each of `paths` is a file of examples (.tsv, .txt, .jsonl, .json), a task's folder, or a folder of those; of
  // folders all such files are taken but those named after training ("train"). Columns and members are taken by their
  // names (sentence1, document, question, context, ...); a table without such a header gives its first column. Throws
  // kNotFound for a path that is not there, kData for one without examples.
  explicit TaskExamples(const std::vector<std::string>& paths);

  const std::vector<std::string>& tasks() const { return tasks_; }
  const std::vector<TaskExample>& examples() const { return examples_; }
  // Of all texts, in order.
  const std::string& sha256() const { return sha256_; }

  // Examples whose letters have this hash.
  std::span<const uint32_t> whole(uint64_t hash) const;
  struct Posting {
    uint32_t example, position;  // of the window, in letters
  };
  // Where a window stands in examples; nothing for one that stands in too many of them.
  std::span<const Posting> postings(uint64_t hash) const {
    const uint64_t bit = hash >> filter_shift_;
    if ((filter_[bit >> 6] >> (bit & 63) & 1) == 0) return {};
    return look_up(hash);
  }

 private:
  void read_file(const std::filesystem::path& file, const std::string& task);
  void add(uint32_t task, const std::filesystem::path& file, uint64_t row, std::string_view text);
  void index();
  std::span<const Posting> look_up(uint64_t hash) const;

  std::vector<std::string> tasks_;
  std::vector<TaskExample> examples_;
  std::string sha256_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> whole_;
  struct Range {
    uint32_t begin, size;
  };
  std::unordered_map<uint64_t, Range> ranges_;
  std::vector<Posting> postings_;
  std::vector<uint64_t> filter_;  // a bit for each window's first bits: most windows of a text end here
  int filter_shift_ = 63;
};

}  // namespace lmkor::corpus
