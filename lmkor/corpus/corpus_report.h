// report.html of a corpus: what came in, what each stage removed and why, with samples, and what is left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/corpus/tally.h"
#include "lmkor/corpus/task_examples.h"

namespace lmkor::corpus {

// What a stage of a build took, over all its tasks on all machines.
struct StageTime {
  std::string name;
  uint64_t tasks = 0;
  double seconds = 0;  // one after another
};

// `examples` are those that the corpus was searched for, nullptr if none. Throughput, which differs from run to run, is
// the last section.
void write_report(const Tally& tally, const std::filesystem::path& path, const TaskExamples* examples,
                  const std::vector<StageTime>& times);

}  // namespace lmkor::corpus
