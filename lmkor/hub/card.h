// lmkor model card: the README.md of a model, with the front matter that a hub reads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lmkor::hub {

struct CardOptions {
  std::string name;                            // of the model; empty: the folder's
  std::string license = "apache-2.0";          // of the weights
  std::vector<std::string> datasets;           // names on the hub, or of corpora
  std::string base_model;                      // that it was trained on from; empty: none
  std::string compute;                         // on what, and by whom it was given
  std::filesystem::path run;                   // of the pretraining; empty: the folder above the model, if it is one
  std::vector<std::filesystem::path> results;  // results.json of fine-tuning runs, or the runs
};

// The card of the model in `dir`: what it is, how it was trained (run.json, run.toml, metrics.jsonl), which settings
// are assumptions where the reference says nothing, scores with their intervals, references. Throws kNotFound, kData.
std::string model_card(const std::filesystem::path& dir, const CardOptions& options);

}  // namespace lmkor::hub
