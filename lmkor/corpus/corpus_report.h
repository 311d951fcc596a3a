// report.html of a corpus: what came in, what each stage removed and why, with samples, and what is left.
#pragma once

#include <filesystem>

#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

void write_report(const Tally& tally, const std::filesystem::path& path);

}  // namespace lmkor::corpus
