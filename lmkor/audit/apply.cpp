#include "lmkor/audit/apply.h"

#include <algorithm>
#include <map>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::audit {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Correction {
  uint64_t line;  // of issues.tsv
  bool drop;
  std::string given, suggested;
};
using Corrections = std::map<uint64_t, Correction>;  // by row of a split

std::map<std::string, Corrections> read_issues(const fs::path& issues) {
  std::map<std::string, Corrections> out;
  for (const task::TsvRow& row : task::read_tsv(issues, {"split", "row", "action", "given", "suggested"})) {
    const std::string& action = row.cells[2];
    if (action.empty()) continue;
    if (action != "drop" && action != "relabel") {
      task::fail_row(issues, row.line, str("action: got \"", action, "\", expected relabel, drop or nothing"));
    }
    const auto number = static_cast<uint64_t>(task::number(row.cells[1], "row", {1, 1e15}, issues, row.line));
    const Correction correction{row.line, action == "drop", row.cells[3], row.cells[4]};
    if (!correction.drop && correction.suggested.empty())
      task::fail_row(issues, row.line, "relabel: suggested is empty, expected the right label");
    const auto [found, fresh] = out[row.cells[0]].emplace(number, correction);
    if (!fresh && (found->second.drop != correction.drop || found->second.suggested != correction.suggested)) {
      task::fail_row(issues, row.line,
                     str("another action for ", row.cells[0], " row ", number, " than in line ", found->second.line));
    }
  }
  return out;
}

// `line` with the last cell that is `given` replaced; empty where there is none.
std::string relabelled(std::string_view line, const Correction& correction) {
  for (size_t end = line.size();;) {
    const size_t tab = end == 0 ? std::string_view::npos : line.rfind('\t', end - 1);
    const size_t begin = tab == std::string_view::npos ? 0 : tab + 1;
    if (line.substr(begin, end - begin) == correction.given)
      return str(line.substr(0, begin), correction.suggested, line.substr(end));
    if (tab == std::string_view::npos) return {};
    end = tab;
  }
}

}  // namespace

base::Json apply_issues(const task::Task& task, const fs::path& folder, const fs::path& issues,
                        const fs::path& output) {
  std::map<std::string, Corrections> by_split = read_issues(issues);
  size_t relabelled_count = 0, dropped = 0;
  base::Json files = base::Json::array();
  for (const task::Split split : {task::Split::kTrain, task::Split::kDev, task::Split::kTest}) {
    const auto file = split_file(folder, task, split);
    if (!file) continue;
    if (task.kind == task::Kind::kTags || file->extension() == ".json" || file->extension() == ".jsonl") {
      throw base::Error(base::ErrorKind::kIncompatible,
                        str(file->string(), ": expected TSV with a header line; correct this file by hand"));
    }
    Corrections& corrections = by_split[task::split_name(split)];
    base::LineReader reader(base::open_input(*file));
    std::string out;
    uint64_t row = 0;
    for (std::string_view line; reader.next(line);) {
      const auto found = reader.line_number() == 1 || line.empty() ? corrections.end() : corrections.find(++row);
      if (found == corrections.end()) {
        out += str(line, "\n");
        continue;
      }
      const Correction correction = found->second;
      corrections.erase(found);
      if (correction.drop) {
        ++dropped;
        continue;
      }
      const std::string changed = relabelled(line, correction);
      if (changed.empty()) {
        task::fail_row(issues, correction.line,
                       str("no cell \"", correction.given, "\" in ", file->string(), ":", reader.line_number(),
                           "; was the file changed since the audit?"));
      }
      out += str(changed, "\n");
      ++relabelled_count;
    }
    if (!corrections.empty()) {
      task::fail_row(issues, corrections.begin()->second.line,
                     str("row ", corrections.begin()->first, ", but ", file->string(), " has ", row));
    }
    base::make_directories(output);
    base::write_file_atomic(output / file->filename(), out);
    files.push_back((output / file->filename()).string());
  }
  return {{"relabelled", relabelled_count}, {"dropped", dropped}, {"files", files}};
}

}  // namespace lmkor::audit
