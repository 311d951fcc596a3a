// Words that give a label away.
#pragma once

#include <string>
#include <vector>

#include "lmkor/task/task.h"

namespace lmkor::audit {

struct Artefact {
  std::string word;
  int64_t label = 0;
  size_t examples = 0;  // with the word
  double share = 0;     // of them with the label
  double z = 0;         // standard errors above the label's share in the whole set
};
// Words of at least 20 examples whose share of one label is beyond chance (Gardner et al. 2021, "Competency problems"):
// z over the one-sided 1 % bound with Bonferroni's correction over words. Largest z first, at most `most`. Of pairs the
// second text counts.
std::vector<Artefact> find_artefacts(const task::Task& task, const std::vector<const task::Example*>& examples,
                                     size_t most = 30);

}  // namespace lmkor::audit
