// A model folder from one container into others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/hub/checkpoint.h"

namespace lmkor::hub {

// "safetensors", "bin", "bin-legacy", "h5", "onnx", "onnx-int8", "gguf".
std::vector<std::string> export_formats();

struct ExportOptions {
  std::vector<std::string> formats = {"safetensors"};
  uint64_t shard_bytes = uint64_t{50} << 30;  // of a safetensors file
  std::string name;                           // of the model, for GGUF
};

// Writes `from`'s model into the folder `to` in each of the formats, with config.json, the tokenizer's files and the
// card as they are. Returns a list of {"format", "file", "bytes"}, and for onnx-int8 "weight_error" and "worst". Throws
// kNotFound; kIncompatible with all faults at once where weights and config.json do not fit; as the readers and writers
// do.
base::Json export_model(const std::filesystem::path& from, const std::filesystem::path& to,
                        const ExportOptions& options);

struct ImportOptions {
  std::filesystem::path config = {};     // of a source that has no config.json; Google's bert_config.json does as well
  std::filesystem::path tokenizer = {};  // of a source that has no tokenizer files
  ElectraPart part = ElectraPart::kDiscriminator;
};

struct Imported {
  Container container;
  std::string architecture;
  size_t tensors = 0;
  std::vector<std::string> unexpected;  // tensors that were kept though the architecture has no place for them
};
// Writes what `from` (a folder, or a TensorFlow checkpoint in it) holds as config.json, model.safetensors and tokenizer
// files into `to`. Throws as export_model, and kIncompatible for weights that are not finite.
Imported import_model(const std::filesystem::path& from, const std::filesystem::path& to, const ImportOptions& options);

}  // namespace lmkor::hub
