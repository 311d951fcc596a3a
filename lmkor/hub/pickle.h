// The part of Python's pickle that torch.save writes for a dictionary of tensors, and nothing else: no code is run, a
// call of any other function is an error that names it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::hub {

struct PickleValue {
  enum class Kind { kNone, kBool, kInt, kBig, kFloat, kString, kTuple, kList, kDict, kGlobal, kStorage, kTensor };
  Kind kind = Kind::kNone;
  int64_t number = 0;           // kBool, kInt; the index of a kGlobal's row, a kStorage's or kTensor's place in Pickle
  std::string text;             // kString; kBig: its bytes, little-endian
  std::vector<uint32_t> items;  // kTuple, kList; kDict: key, value, key, value, ...
};

struct PickledStorage {
  std::string key;
  std::string dtype;
  int64_t elements = 0;
};

struct PickledTensor {
  size_t storage = 0;  // place in Pickle::storages
  int64_t offset = 0;  // in elements
  std::vector<int64_t> shape, stride;
};

struct Pickle {
  std::vector<PickleValue> values;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  uint32_t root = 0;

  const PickleValue& top() const { return values[root]; }
};

// Reads one pickle off the front of `bytes`. Throws kData naming `path` and what is wrong. Memory is bounded: a million
// values, whatever the input.
Pickle unpickle(std::string_view& bytes, const std::filesystem::path& path);

// The other direction: a dictionary of tensors, protocol 2.
struct TensorToPickle {
  std::string_view name, dtype;
  std::vector<int64_t> shape;
  size_t storage = 0;  // its key
};
std::string pickle_tensors(const std::vector<TensorToPickle>& tensors, bool is_legacy,
                           const std::filesystem::path& path);

}  // namespace lmkor::hub
