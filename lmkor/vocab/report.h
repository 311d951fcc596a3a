// report.html of a vocabulary: what it holds and how it divides the text it was trained on.
#pragma once

#include <filesystem>

#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/count.h"
#include "lmkor/vocab/stats.h"
#include "lmkor/vocab/train.h"

namespace lmkor::vocab {

// Throws kOutput.
void write_report(const std::filesystem::path& path, const tokenizer::Tokenizer& tokenizer, const Trained& trained,
                  const Counts& counts, const Stats& stats);

}  // namespace lmkor::vocab
