#include "lmkor/corpus/restore.h"

#include <algorithm>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

void check_reasons(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const ReasonInfo& reason : reasons()) {
    if (reason.kept) known.emplace_back(reason.name);
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = base::nearest(name, known);
    throw base::Error(base::ErrorKind::kConfig,
                      str("reason: got \"", name, "\", expected one of ", base::join(known, ", "),
                          near.empty() ? "" : str("; did you mean \"", near, "\"?")));
  }
}

// The parts of what was removed for `reason`, in order.
std::vector<fs::path> parts_of(const fs::path& folder, std::string_view reason) {
  std::vector<fs::path> files;
  const std::string begin = str(reason, "-");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    // "useless-00000", not "useless-more-00000".
    if (name.starts_with(begin) && name.find('-', begin.size()) == std::string::npos) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::map<std::string, uint64_t> restore(const fs::path& corpus, const RestoreOptions& options, const fs::path& output) {
  check_reasons(options.reasons);
  const fs::path folder = corpus / "removed";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw base::Error(base::ErrorKind::kNotFound,
                      str(corpus.string(),
                          ": no removed text: got no folder removed/, expected a corpus made by "
                          "lmkor corpus build"));
  }
  base::OutputFile out(output);
  std::map<std::string, uint64_t> counts;
  std::string line;
  for (const ReasonInfo& reason : reasons()) {
    if (!options.reasons.empty() &&
        std::find(options.reasons.begin(), options.reasons.end(), reason.name) == options.reasons.end()) {
      continue;
    }
    const std::vector<fs::path> files = parts_of(folder, reason.name);
    if (files.empty()) continue;
    Reader reader(files, {});
    Document document;
    // Where and why it was removed is no part of the text any more; what is said beside that stays.
    const std::string mark = str("\"stage\":\"", kStageNames[reason.stage], "\",\"reason\":\"", reason.name, "\"");
    while (reader.next(document)) {
      base::check_interrupt();
      if (!options.sources.empty() &&
          std::find(options.sources.begin(), options.sources.end(), document.source) == options.sources.end()) {
        continue;
      }
      if (document.extra.starts_with(mark)) {
        document.extra.erase(0, mark.size() + (document.extra.size() > mark.size()));
      }
      line.clear();
      append_record(line, document, document.text);
      out.write(line);
      ++counts[std::string(reason.name)];
    }
  }
  out.commit();
  return counts;
}

}  // namespace lmkor::corpus
