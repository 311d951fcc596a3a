// A model folder ready for use: the network with the head that its config.json names, and its tokenizer.
#pragma once

#include <filesystem>
#include <string>

#include "lmkor/model/network.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::model {

struct Model {
  std::filesystem::path dir;
  Network network;  // parameters lie in the mapped file where it has them as fp32: read only
  tokenizer::Tokenizer tokenizer;
  std::string problem_type;  // of config.json: "regression", "multi_label_classification", ...; empty: not said
};

// `path` is a model folder, a run, or the name of a repository in the hub's cache; any container that hub/checkpoint.h
// reads. Throws as hub::find_model, load_pretrained and Tokenizer::load; kIncompatible where the head's weights are not
// in the folder, or the vocabulary is larger than the word table.
Model load(const std::string& path);

}  // namespace lmkor::model
