// Settings chosen on dev among several, before the seeds that count are trained.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/task/trial.h"

namespace lmkor::task {

struct SearchOptions {
  std::string kind = "none";
  std::vector<std::string> space = {"learning_rate=1e-5 3e-5 5e-5 1e-4"};
  int64_t trials = 8;

  void fields(config::Fields& f);
};

// One combination: the values of the settings that are searched, as text.
using Combination = std::vector<std::pair<std::string, std::string>>;
// grid: every combination, in order, at most `trials`; random and halving: `trials` different ones drawn by `seed`.
// Throws kConfig for a setting that finetune does not have or a value it cannot take, all faults at once.
std::vector<Combination> combinations(const SearchOptions& search, uint64_t seed);
FinetuneOptions with(const FinetuneOptions& options, const Combination& combination);

// The best settings on dev. Each trial that is done is kept in `folder`/trial-NNN.json, so that a search goes on where
// it was stopped; `folder`/search.json holds them all. halving (Jamieson and Talwalkar 2016): all start with few
// epochs, the better half goes on from the start with twice as many, until one is left with all.
FinetuneOptions search_settings(TrialData& data, const FinetuneOptions& options, const SearchOptions& search,
                                uint64_t seed, const std::filesystem::path& folder);

}  // namespace lmkor::task
