// Labelled files as they are published: a header line, columns divided by TAB, no quoting rules.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::task {

struct TsvRow {
  uint64_t line = 0;  // in the file, from 1
  std::vector<std::string> cells;
};

// The cells of the named `columns` of every row, in that order; other columns are passed over. A byte order mark and CR
// before LF are dropped. Throws kNotFound; kData where a column is missing (naming the nearest), a row has another
// number of cells than the header, or text is not UTF-8.
std::vector<TsvRow> read_tsv(const std::filesystem::path& file, const std::vector<std::string>& columns);

// Every row of a file without a header line, which must have `columns` cells. Throws as read_tsv().
std::vector<TsvRow> read_plain_tsv(const std::filesystem::path& file, size_t columns);

// Index of `cell` in the task's labels. Throws kData naming file, line and the nearest label.
int64_t label_index(const Task& task, const std::string& cell, const std::filesystem::path& file, uint64_t line);

struct Range {
  double low, high;
};
// `cell` of the column `name` as a number. Throws kData naming file, line and what is expected.
double number(const std::string& cell, const std::string& name, Range range, const std::filesystem::path& file,
              uint64_t line);

// Throws kData "FILE:LINE: what".
[[noreturn]] void fail_row(const std::filesystem::path& file, uint64_t line, const std::string& what);

}  // namespace lmkor::task
