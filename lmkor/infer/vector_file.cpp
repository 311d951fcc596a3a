#include "lmkor/infer/vector_file.h"

#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"

namespace lmkor::infer {

using base::str;

namespace {

// Both headers are filled up with blanks to their full size before their numbers are known.
constexpr size_t kHeaderBytes = 512;

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

VectorFile::VectorFile(const std::filesystem::path& path, VectorFormat format) : file_(path), format_(format) {
  file_.write(std::string(kHeaderBytes, ' '));
}

void VectorFile::add(const Embedding& result) {
  pooled_ = result.tokens.empty();
  layers_ = result.layers;
  width_ = result.width;
  if (!pooled_ && format_ == VectorFormat::kNpy) {
    throw base::Error(base::ErrorKind::kConfig,
                      "format: got npy for vectors of tokens, expected safetensors or jsonl, which hold texts of "
                      "different lengths");
  }
  const auto tokens = static_cast<int64_t>(result.tokens.size());
  starts_.push_back(starts_.back() + (pooled_ ? 1 : tokens));
  if (layers_ == 0) return file_.write(bytes_of(result.values));
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t layer = 0; layer < layers_; ++layer) {
      const float* row = result.values.data() + (layer * tokens + t) * width_;
      file_.write({reinterpret_cast<const char*>(row), static_cast<size_t>(width_) * sizeof(float)});
    }
  }
}

std::string VectorFile::header() const {
  const int64_t rows = starts_.back(), values = rows * std::max<int64_t>(layers_, 1) * width_;
  std::string start, text;
  if (format_ == VectorFormat::kNpy) {  // numpy.lib.format, version 1.0
    start = std::string("\x93NUMPY\x01\x00", 8);
    const auto length = static_cast<uint16_t>(kHeaderBytes - start.size() - 2);
    start.append(reinterpret_cast<const char*>(&length), 2);
    text = str("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", width_, "), }");
    text.resize(kHeaderBytes - start.size() - 1, ' ');
    return start + text + '\n';
  }
  const uint64_t length = kHeaderBytes - 8;
  start.append(reinterpret_cast<const char*>(&length), 8);
  base::Json tensors = {{"__metadata__", {{"format", "pt"}}}};
  std::vector<int64_t> shape = {rows, width_};
  if (layers_ > 0) shape.insert(shape.begin() + 1, layers_);
  const int64_t bytes = values * static_cast<int64_t>(sizeof(float));
  tensors[pooled_ ? "embedding" : "hidden"] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {0, bytes}}};
  if (!pooled_) {
    tensors["starts"] = {{"dtype", "I64"},
                         {"shape", {starts_.size()}},
                         {"data_offsets", {bytes, bytes + static_cast<int64_t>(bytes_of(starts_).size())}}};
  }
  text = tensors.dump();
  text.resize(length, ' ');
  return start + text;
}

void VectorFile::commit() {
  if (!pooled_ && format_ == VectorFormat::kSafetensors) file_.write(bytes_of(starts_));
  file_.overwrite(0, header());
  file_.commit();
}

}  // namespace lmkor::infer
