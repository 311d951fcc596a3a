// Vectors of many texts in one file: .npy, or safetensors. Written as they come, complete or absent.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

// kNpy: float32 [texts, width], pooled vectors only. kSafetensors: "embedding" [texts, width]; or "hidden" [tokens,
// width] ([tokens, layers, width] with every layer) of all texts one behind the other and "starts", int64 [texts + 1].
enum class VectorFormat { kNpy, kSafetensors };

class VectorFile {
 public:
  // Throws kOutput.
  VectorFile(const std::filesystem::path& path, VectorFormat format);
  // Throws kConfig where the format has no place for vectors of tokens.
  void add(const Embedding& result);
  void commit();

 private:
  std::string header() const;

  base::AtomicFile file_;
  VectorFormat format_;
  int64_t layers_ = 0, width_ = 0;
  bool pooled_ = true;
  std::vector<int64_t> starts_ = {0};  // in texts or tokens
};

}  // namespace lmkor::infer
