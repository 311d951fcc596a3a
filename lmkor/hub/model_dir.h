// What a model folder holds besides weights: which tokenizer files there are, and carrying them along.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace lmkor::hub {

inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kWeightsFile = "model.safetensors";

// Names that a tokenizer's files may have.
std::span<const std::string_view> tokenizer_file_names();

struct ModelDir {
  bool config = false;
  bool weights = false;  // model.safetensors or its index
  std::vector<std::string_view> tokenizer_files;
};
// Throws kNotFound when `dir` is not a folder.
ModelDir look_into(const std::filesystem::path& dir);

// Copies the tokenizer files that `from` has into `to`, each complete or not at all; returns how many.
// Throws kNotFound when there is none.
size_t copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lmkor::hub
