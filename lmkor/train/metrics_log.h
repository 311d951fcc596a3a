// metrics.jsonl of a run: one JSON object per logged step, each step exactly once, across stops.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::train {

class MetricsLog {
 public:
  // Opens `path` for going on after `step`: lines of later steps and a line that was cut off are dropped, because
  // these steps come again. Step 0 begins an empty file. Throws kOutput.
  MetricsLog(std::filesystem::path path, uint64_t step);
  // Appends a line and hands it to the system at once. Throws kOutput.
  void append(const base::Json& line);
  const std::vector<base::Json>& lines() const { return lines_; }

 private:
  std::filesystem::path path_;
  std::vector<base::Json> lines_;
};

}  // namespace lmkor::train
