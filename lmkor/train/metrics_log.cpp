#include "lmkor/train/metrics_log.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using base::str;

MetricsLog::MetricsLog(std::filesystem::path path, uint64_t step) : path_(std::move(path)) {
  if (step > 0 && std::filesystem::exists(path_)) {
    std::ifstream file(path_);
    for (std::string text; std::getline(file, text) && !file.eof();) {
      base::Json line = base::parse_json(text, path_.string());
      if (base::json_get<uint64_t>(line, "step", path_.string()) > step) break;
      lines_.push_back(std::move(line));
    }
  }
  std::string kept;
  for (const base::Json& line : lines_) kept += line.dump() + "\n";
  base::write_file_atomic(path_, kept);
}

void MetricsLog::append(const base::Json& line) {
  lines_.push_back(line);
  std::ofstream file(path_, std::ios::app);
  file << line.dump() << "\n" << std::flush;
  if (!file) {
    throw base::Error(base::ErrorKind::kOutput, str(path_.string(), ": cannot be written: ", std::strerror(errno)));
  }
}

}  // namespace lmkor::train
