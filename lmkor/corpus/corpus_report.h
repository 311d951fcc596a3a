// report.html of a corpus: what came in, what each stage removed and why, with samples, and what is left.
#pragma once

#include <filesystem>

#include "lmkor/corpus/tally.h"
#include "lmkor/corpus/task_examples.h"

namespace lmkor::corpus {

// `examples` are those that the corpus was searched for, nullptr if none.
void write_report(const Tally& tally, const std::filesystem::path& path, const TaskExamples* examples = nullptr);

}  // namespace lmkor::corpus
