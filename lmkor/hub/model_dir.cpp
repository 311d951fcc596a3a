#include "lmkor/hub/model_dir.h"

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kTokenizerFiles[] = {"vocab.txt", "tokenizer.json", "tokenizer_config.json",
                                                "special_tokens_map.json"};

}  // namespace

std::span<const std::string_view> tokenizer_file_names() { return kTokenizerFiles; }

ModelDir look_into(const fs::path& dir) {
  if (!fs::is_directory(dir)) {
    throw base::Error(base::ErrorKind::kNotFound, base::str(dir.string(), ": not a folder; give a model folder"));
  }
  ModelDir out;
  out.config = fs::exists(dir / kConfigFile);
  out.weights = fs::exists(dir / kWeightsFile) || fs::exists(dir / base::str(kWeightsFile, ".index.json"));
  for (const std::string_view name : kTokenizerFiles) {
    if (fs::exists(dir / name)) out.tokenizer_files.push_back(name);
  }
  return out;
}

size_t copy_tokenizer_files(const fs::path& from, const fs::path& to) {
  const ModelDir found = look_into(from);
  if (found.tokenizer_files.empty()) {
    throw base::Error(base::ErrorKind::kNotFound,
                      base::str(from.string(), ": no tokenizer files (vocab.txt, tokenizer.json) in this folder"));
  }
  base::make_directories(to);
  for (const std::string_view name : found.tokenizer_files) {
    base::write_file_atomic(to / name, base::MappedFile(from / name).bytes());
  }
  return found.tokenizer_files.size();
}

}  // namespace lmkor::hub
