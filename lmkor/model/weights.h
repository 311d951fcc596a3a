// A network in a model folder of Hugging Face's form: config.json and weights, read from any container
// (hub/checkpoint.h), written as model.safetensors. Tokenizer files are hub/model_dir's business.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/hub/tensors.h"
#include "lmkor/model/network.h"

namespace lmkor::model {

// The Hugging Face name of one of the network's parameters in a folder that is saved: with the family's prefix, unless
// there is no head.
std::string saved_name(const Network& network, const std::string& parameter);

// Writes config.json and model.safetensors into `dir` (made if need be), each complete or not at all. Tied weights are
// left out, as Transformers does. `extras` join the file's metadata (for example a manifest's SHA-256).
void save_pretrained(const Network& network, const std::filesystem::path& dir, const hub::Metadata& extras = {});

struct LoadOptions {
  bool keep_mismatched_head = false;  // a head tensor of another shape stays as it is instead of failing
  // Parameters lie in the mapped file where it holds them as fp32, and must not be written to.
  bool read_only = false;
};

// What did not fit, by Hugging Face name.
struct LoadReport {
  std::vector<std::string> missing;     // ours, not in the file: keep their random values (heads only)
  std::vector<std::string> unexpected;  // in the file, not ours: heads of another task
  std::vector<std::string> mismatched;  // only with keep_mismatched_head
};

// Fills `network` from the best container of `dir` (F32, F16, BF16, F64), with or without the family's prefix. Throws
// as hub::read_weights and hub::canonical, and kIncompatible with all faults at once: tensors of another shape or
// dtype, values that are not finite, encoder tensors that the file lacks or has too many.
LoadReport load_pretrained(const std::filesystem::path& dir, Network& network, const LoadOptions& options = {});

struct LoadedNetwork {
  Network network;
  LoadReport report;
};
// The encoder in `dir` with `head`; head tensors that the folder lacks are random by `seed`.
LoadedNetwork load_network(const std::filesystem::path& dir, Head head, int64_t num_labels, uint64_t seed,
                           const LoadOptions& options = {});

}  // namespace lmkor::model
