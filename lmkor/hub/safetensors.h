// The safetensors container (recipes: github.com/huggingface/safetensors): u64 header length, JSON header, raw
// little-endian row-major data. Reading maps the file and checks everything before a tensor is handed out; writing is
// complete or absent. No libtorch here: dtypes are the format's own names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

// An open file. Immutable after opening, so it may be read by any number of threads.
class SafetensorsFile {
 public:
  // Throws kNotFound, or kData naming the file, the tensor and what is wrong: a header length beyond the file, broken
  // JSON, an unknown dtype, a size that does not fit shape and dtype, holes, overlaps, trailing bytes.
  static SafetensorsFile open(const std::filesystem::path& path);

  // In the order of the data.
  const std::vector<TensorView>& all() const { return tensors_; }
  // nullptr if there is none of that name.
  const TensorView* find(std::string_view name) const;
  const Metadata& metadata() const { return metadata_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  base::MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, size_t, std::less<>> by_name_;
  Metadata metadata_;
};

// The tensors of a model: one file, or the shards that a `*.safetensors.index.json` names.
class SafetensorsSet {
 public:
  // `path` is a .safetensors file, an index file, or a model folder holding one of them.
  // Throws as SafetensorsFile::open, and kData when the index and the shards disagree.
  static SafetensorsSet open(const std::filesystem::path& path);
  std::vector<const TensorView*> all() const;
  const TensorView* find(std::string_view name) const;
  const Metadata& metadata() const { return files_.front().metadata(); }

 private:
  std::vector<SafetensorsFile> files_;
};

// Writes `tensors` by dtype (wide ones first), then name, with the header padded to 8 bytes: the same bytes as the
// reference library, where it has no more than one key of metadata. `metadata` gets
// "format": "pt" unless it says otherwise (older Transformers refuse a file without it). Throws kOutput; kInternal for
// two tensors of one name or bytes that do not fit the shape.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorView> tensors, Metadata metadata = {});

// Writes `dir`/model.safetensors, or where that would have more than `shard_bytes`, the shards
// model-00001-of-0000N.safetensors and their index: tensors in the order given, none is divided.
void write_safetensors_shards(const std::filesystem::path& dir, std::span<const TensorView> tensors,
                              uint64_t shard_bytes, const Metadata& metadata = {});

}  // namespace lmkor::hub
