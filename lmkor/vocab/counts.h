// Counted words, in memory or in a file: what a vocabulary is trained from. Both are the same lines in the same order
// (docs/formats.md, "Counts"), so runs that were spilled, files of many machines and words in memory are one thing to
// everything that reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/compress.h"
#include "lmkor/base/parallel.h"
#include "lmkor/tokenizer/settings.h"

namespace lmkor::vocab {

struct WordCount {
  std::string_view word;  // valid UTF-8
  uint64_t count;
};

// The setting by which two tokenizers divide text into different words, "" if there is none.
std::string different_rule(const tokenizer::Settings& a, const tokenizer::Settings& b);

// Weights of inputs are exact fractions: counts are whole numbers of 1/unit, so no sum depends on its order.
struct CountsInfo {
  tokenizer::Settings settings;  // how the text was normalised
  uint64_t unit = 1;
  uint64_t texts = 0, text_bytes = 0;          // as they came
  uint64_t bytes = 0, eojeols = 0, total = 0;  // weighted, in 1/unit; eojeols are stretches between ASCII blanks

  // Adds the figures of `other` and takes on a unit that both fit. Throws kIncompatible, naming `origin`, where the
  // text was normalised in another way.
  void add(const CountsInfo& other, const std::string& origin);
  std::string header() const;  // the first line of a file
};

// Reads lines "COUNT<tab>WORD".
class WordReader {
 public:
  explicit WordReader(std::string_view lines) : data_(lines) {}
  // Throws kNotFound, kData (not a file of counts).
  explicit WordReader(const std::filesystem::path& file);

  // False at the end. `out.word` is valid until the next call. Throws kData naming file and line.
  bool next(WordCount& out) {
    if (at_ == data_.size() && !fill()) return false;
    return read(out);
  }
  // Whole lines of about `bytes` bytes; false at the end.
  bool next_block(std::string& lines, size_t bytes);
  const CountsInfo& info() const { return info_; }
  const std::string& origin() const { return origin_; }
  // Counts are multiplied by `factor` from now on.
  void scale(uint64_t factor) { factor_ = factor; }

 private:
  bool fill();
  bool read(WordCount& out);
  [[noreturn]] void fail(const std::string& got) const;

  CountsInfo info_;
  std::string origin_;
  std::unique_ptr<base::InputStream> input_;
  std::string buffer_, last_;
  std::string_view data_;  // whole lines
  size_t at_ = 0;
  size_t rest_ = 0;  // bytes of a line that goes on, after data_ in buffer_
  uint64_t line_ = 1, factor_ = 1;
  bool first_ = true;
};

struct Counts {
  CountsInfo info;
  uint64_t different = 0;
  std::string lines;           // all of them, unless `file` is set
  std::filesystem::path file;  // a file of counts

  WordReader reader() const { return file.empty() ? WordReader(std::string_view(lines)) : WordReader(file); }
  double units(uint64_t count) const { return static_cast<double>(count) / static_cast<double>(info.unit); }
};

void append_line(std::string& out, std::string_view word, uint64_t count);

// Writes counts that are held in memory. Complete or absent.
void write_counts(const std::filesystem::path& path, const Counts& counts);

// Merges sorted runs into `file`. At most `hold_bytes` of lines are held in memory besides. Throws kData if a sum does
// not fit 64 bits.
Counts merge_runs(std::vector<std::unique_ptr<WordReader>> runs, const CountsInfo& info,
                  const std::filesystem::path& file, uint64_t hold_bytes);

// Files of counts as one; see CountsInfo::add().
Counts merge_files(const std::vector<std::filesystem::path>& files, const std::filesystem::path& merged,
                   uint64_t hold_bytes);

inline constexpr size_t kVisitBytes = size_t{1} << 20;

// Visits blocks of words on `threads` threads: map(reader) gives a part, consume(part) gets them in order.
template <class Part>
void visit_blocks(const Counts& counts, int threads, const std::function<Part(WordReader&&)>& map,
                  const std::function<void(Part&&)>& consume) {
  WordReader reader = counts.reader();
  base::ordered_pipeline<std::string, Part>(
      threads,
      [&]() -> std::optional<std::string> {
        std::string lines;
        if (!reader.next_block(lines, kVisitBytes)) return std::nullopt;
        return lines;
      },
      [&](std::string&& lines) { return map(WordReader(std::string_view(lines))); }, consume);
}

}  // namespace lmkor::vocab
