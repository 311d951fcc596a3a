#include "lmkor/task/tsv.h"

#include <algorithm>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

using base::str;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail(const std::filesystem::path& file, uint64_t line, const std::string& what) {
  throw base::Error(base::ErrorKind::kData, str(file.string(), ":", line, ": ", what));
}

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

}  // namespace

std::vector<TsvRow> read_tsv(const std::filesystem::path& file, const std::vector<std::string>& columns) {
  base::LineReader reader(base::open_input(file));
  std::string_view line;
  if (!reader.next(line))
    fail(file, 1, str("the file is empty, expected a header line with ", base::join(columns, ", ")));
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  const std::vector<std::string> header = split(line);
  std::vector<size_t> places;
  for (const std::string& column : columns) {
    const auto found = std::find(header.begin(), header.end(), column);
    if (found == header.end()) {
      const std::string near = base::nearest(column, header);
      fail(file, 1,
           str("no column \"", column, "\"; got ", base::join(header, ", "),
               near.empty() ? "" : str(" (is it \"", near, "\"?)"), "; columns are divided by TAB"));
    }
    places.push_back(static_cast<size_t>(found - header.begin()));
  }
  std::vector<TsvRow> rows;
  while (reader.next(line)) {
    if (line.empty()) continue;
    if (text::find_invalid(line) != std::string_view::npos) fail(file, reader.line_number(), "not valid UTF-8");
    std::vector<std::string> cells = split(line);
    if (cells.size() != header.size()) {
      fail(file, reader.line_number(),
           str("got ", cells.size(), " columns, expected ", header.size(), " as in the header"));
    }
    TsvRow row{reader.line_number(), {}};
    for (const size_t place : places) row.cells.push_back(std::move(cells[place]));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) fail(file, 1, "no rows below the header line");
  return rows;
}

int64_t label_index(const Task& task, const std::string& cell, const std::filesystem::path& file, uint64_t line) {
  const auto found = std::find(task.labels.begin(), task.labels.end(), cell);
  if (found != task.labels.end()) return found - task.labels.begin();
  const std::string near = base::nearest(cell, task.labels);
  fail(file, line,
       str("label: got \"", cell, "\", expected one of ", base::join(task.labels, ", "),
           near.empty() ? "" : str("; did you mean ", near, "?")));
}

}  // namespace lmkor::task
