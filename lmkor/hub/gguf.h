// GGUF, the container of llama.cpp. Its BERT is the encoder of a BERT, and of an ELECTRA whose embeddings are as wide
// as the layers; it has no ALBERT. Write only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/hub/model_info.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

struct GgufModel {
  ModelInfo info;
  std::string name;
  std::vector<std::string> tokens;  // in the order of their ids
};

// fp32, complete or absent. Throws kIncompatible for a model that llama.cpp cannot run, kOutput.
void write_gguf(const std::filesystem::path& path, const GgufModel& model, const Tensors& weights);

}  // namespace lmkor::hub
