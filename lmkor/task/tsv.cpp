#include "lmkor/task/tsv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

using base::str;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::vector<std::string> split(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string> cells;
  for (size_t begin = 0;;) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    cells.emplace_back(line.substr(begin, end - begin));
    if (end == line.size()) return cells;
    begin = end + 1;
  }
}

// The rows of `reader`, each of `columns` cells.
std::vector<TsvRow> rows_of(base::LineReader& reader, const std::filesystem::path& file, size_t columns,
                            const char* expected) {
  std::vector<TsvRow> rows;
  for (std::string_view line; reader.next(line);) {
    if (reader.line_number() == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.empty()) continue;
    if (text::find_invalid(line) != std::string_view::npos) fail_row(file, reader.line_number(), "not valid UTF-8");
    TsvRow row{reader.line_number(), split(line)};
    if (row.cells.size() != columns) {
      fail_row(file, row.line, str("got ", row.cells.size(), " columns, expected ", columns, expected));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

void fail_row(const std::filesystem::path& file, uint64_t line, const std::string& what) {
  throw base::Error(base::ErrorKind::kData, str(file.string(), ":", line, ": ", what));
}

std::vector<TsvRow> read_tsv(const std::filesystem::path& file, const std::vector<std::string>& columns) {
  base::LineReader reader(base::open_input(file));
  std::string_view line;
  if (!reader.next(line))
    fail_row(file, 1, str("the file is empty, expected a header line with ", base::join(columns, ", ")));
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  const std::vector<std::string> header = split(line);
  std::vector<size_t> places;
  for (const std::string& column : columns) {
    const auto found = std::find(header.begin(), header.end(), column);
    if (found == header.end()) {
      const std::string near = base::nearest(column, header);
      fail_row(file, 1,
               str("no column \"", column, "\"; got ", base::join(header, ", "),
                   near.empty() ? "" : str(" (is it \"", near, "\"?)"), "; columns are divided by TAB"));
    }
    places.push_back(static_cast<size_t>(found - header.begin()));
  }
  std::vector<TsvRow> rows = rows_of(reader, file, header.size(), " as in the header");
  for (TsvRow& row : rows) {
    std::vector<std::string> cells;
    for (const size_t place : places) cells.push_back(row.cells[place]);
    row.cells = std::move(cells);
  }
  if (rows.empty()) fail_row(file, 1, "no rows below the header line");
  return rows;
}

std::vector<TsvRow> read_plain_tsv(const std::filesystem::path& file, size_t columns) {
  base::LineReader reader(base::open_input(file));
  std::vector<TsvRow> rows = rows_of(reader, file, columns, ", divided by TAB");
  if (rows.empty()) fail_row(file, 1, "the file is empty");
  return rows;
}

int64_t label_index(const Task& task, const std::string& cell, const std::filesystem::path& file, uint64_t line) {
  const auto found = std::find(task.labels.begin(), task.labels.end(), cell);
  if (found != task.labels.end()) return found - task.labels.begin();
  const std::string near = base::nearest(cell, task.labels);
  fail_row(file, line,
           str("label: got \"", cell, "\", expected one of ", base::join(task.labels, ", "),
               near.empty() ? "" : str("; did you mean ", near, "?")));
}

double number(const std::string& cell, const std::string& name, Range range, const std::filesystem::path& file,
              uint64_t line) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !(value >= range.low && value <= range.high)) {
    const bool open = std::isinf(range.low) || std::isinf(range.high);
    fail_row(
        file, line,
        str(name, ": got \"", cell, "\", expected a number", open ? "" : str(" from ", range.low, " to ", range.high)));
  }
  return value;
}

}  // namespace lmkor::task
