// Tensors by name, whatever container they lie in. Dtypes are those of safetensors ("F32", "BF16", "I64", ...); data is
// little-endian and row-major. No libtorch here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::hub {

// Bytes per element of "F32", "BF16", "I64", ...; 0 for a name that no container has.
size_t element_size(std::string_view dtype);
// "[42000, 128]"
std::string shape_text(std::span<const int64_t> shape);
// The bytes that a tensor takes; nothing if a size is negative or the product is larger than any file. Guards the
// product: sizes come from files of others.
std::optional<uint64_t> byte_count(std::string_view dtype, std::span<const int64_t> shape);
// How wide dtypes come first in a file that is laid out as the safetensors library does it: place in that order.
size_t dtype_rank(std::string_view dtype);

// One tensor; `bytes` lives as long as the file it was read from, or as the caller's memory when writing.
struct TensorView {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::string_view bytes;
};

using Metadata = std::map<std::string, std::string>;

// What was read from a container: mapped where the container holds the bytes as they are, otherwise unpacked.
struct Tensors {
  std::vector<TensorView> views;
  Metadata metadata;
  std::vector<std::shared_ptr<const void>> memory;  // what the views' bytes lie in

  // nullptr if there is none of that name.
  const TensorView* find(std::string_view name) const;
  // Keeps `bytes` alive with the tensors.
  std::string_view keep(std::string bytes);
};

}  // namespace lmkor::hub
