// The stage that writes: a unit is read once more, and what the stages before decided is applied.
//
//   write/UNIT/docs-NNNNN.jsonl.zst, removed/   parts as in the corpus, numbered within the unit
//              tally.json                       counts, number of parts, SHA-256 of the inputs
#pragma once

#include <filesystem>

#include "lmkor/corpus/decide.h"
#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

void write_unit(const Work& work, size_t unit, const std::filesystem::path& folder);

// Puts the parts of all units together as those of the corpus `output`, adds up their counts; hashes become members of
// `inputs`.
Tally gather_units(const Work& work, const std::filesystem::path& output, base::Json& inputs);

}  // namespace lmkor::corpus
