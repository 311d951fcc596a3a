// Examples that are the same or nearly so, within and across splits, pairs also with their texts exchanged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::audit {

// Letters and digits of any script, lower case: what stays the same when only blanks and punctuation differ. Texts
// without any keep all their characters.
std::string bare_text(std::string_view text);

// Equal numbers: the same bare input; for symmetric pairs in either order. Rising from 0 in the order of first
// appearance.
std::vector<uint64_t> copy_groups(const std::vector<const task::Example*>& examples, bool symmetric);

struct NearCopy {
  uint32_t a, b;    // a < b
  double likeness;  // Jaccard index of their sets of 3-grams of characters
};
// Pairs of at least `least` likeness that are not in one copy group, by MinHash in bands (Broder 1997): 16 bands of 4
// find 99.9 % of pairs at 0.8. Texts of fewer than 8 bare characters are left out.
std::vector<NearCopy> near_copies(const std::vector<const task::Example*>& examples,
                                  const std::vector<uint64_t>& groups, double least = 0.8);

}  // namespace lmkor::audit
