// Which examples stand in a pretraining corpus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::audit {

// For each example how often a text of it is a whole document or a whole line of the corpus, compared by letters and
// digits (bare_text). Texts of fewer than 10 such characters are left out: everybody writes them. Throws kNotFound,
// kData.
std::vector<uint32_t> find_leakage(const std::vector<const task::Example*>& examples,
                                   const std::vector<std::string>& corpus);

}  // namespace lmkor::audit
