// Input of line-by-line commands: files as stretches of whole lines, some MB at a time. Lines are divided by LF only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lmkor/base/compress.h"

namespace lmkor::cli {

// A stretch of a file. It ends with a line, unless lines may be divided and this one is very long.
struct LineBlock {
  std::string text;
  size_t file = 0;
  bool begins_inside = false, ends_inside = false;  // of a line
  uint64_t line_bytes_before = 0;                   // bytes of the first line in blocks before
};

class LineBlockReader {
 public:
  // With `divide_lines`, a line that is longer than a few MB comes in several blocks, divided after a blank: then
  // memory is bounded whatever stands in the files (but for words without an end).
  LineBlockReader(std::vector<std::filesystem::path> files, bool divide_lines);
  std::optional<LineBlock> next();

 private:
  LineBlock take(size_t end, bool ends_inside);

  std::vector<std::filesystem::path> files_;
  bool divide_lines_;
  std::unique_ptr<base::InputStream> input_;
  std::string rest_;
  size_t file_ = 0;
  bool inside_ = false;  // rest_ begins inside a line
  uint64_t line_bytes_ = 0;
};

}  // namespace lmkor::cli
