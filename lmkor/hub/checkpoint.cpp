#include "lmkor/hub/checkpoint.h"

#include <map>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/hdf5.h"
#include "lmkor/hub/names.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/hub/tf1_checkpoint.h"
#include "lmkor/hub/torch_file.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr ContainerInfo kContainers[] = {
    {Container::kSafetensors, "safetensors", "model.safetensors"},
    {Container::kTorch, "bin", "pytorch_model.bin"},
    {Container::kKeras, "h5", "tf_model.h5"},
    {Container::kTensorFlow1, "tf1", "*.index"},
};

Tensors read_safetensors(const fs::path& dir) {
  const auto set = std::make_shared<const SafetensorsSet>(SafetensorsSet::open(dir));
  Tensors out;
  for (const TensorView* view : set->all()) out.views.push_back(*view);
  out.metadata = set->metadata();
  out.memory.push_back(set);
  return out;
}

// pytorch_model.bin, or the shards that pytorch_model.bin.index.json names.
Tensors read_torch(const fs::path& dir) {
  const fs::path file = dir / "pytorch_model.bin", index = dir / "pytorch_model.bin.index.json";
  if (fs::exists(file) || !fs::exists(index)) return read_torch_file(file);
  const auto map =
      base::json_get<std::map<std::string, std::string>>(base::read_json(index), "weight_map", index.string());
  std::map<std::string, Tensors> shards;
  Tensors out;
  for (const auto& [name, shard] : map) {
    if (fs::path(shard).has_parent_path()) {
      throw Error(ErrorKind::kData,
                  str(index.string(), ": shard \"", shard, "\" is not a file name in the same folder"));
    }
    if (!shards.contains(shard)) {
      shards[shard] = read_torch_file(dir / shard);
      for (const auto& memory : shards[shard].memory) out.memory.push_back(memory);
    }
    const TensorView* view = shards[shard].find(name);
    if (!view) {
      throw Error(ErrorKind::kData,
                  str(index.string(), ": tensor \"", name, "\" should be in ", shard, ", which lacks it"));
    }
    out.views.push_back(*view);
  }
  return out;
}

// Gives the tensors of TensorFlow their names and their shape in PyTorch. One that a file repeats (Keras writes the
// word table with every layer that uses it) counts once.
template <class Rename>
Tensors renamed(Tensors in, const fs::path& origin, Rename rename) {
  std::map<std::string, size_t> known;
  std::vector<TensorView> views = std::move(in.views);
  in.views.clear();
  for (TensorView& view : views) {
    const std::optional<ForeignName> name = rename(view.name);
    if (!name) continue;
    const std::string before = std::exchange(view.name, name->name);
    const auto [row, is_new] = known.emplace(view.name, in.views.size());
    if (name->transposed) view = transposed(view, in);
    if (is_new) {
      in.views.push_back(std::move(view));
    } else if (in.views[row->second].bytes != view.bytes) {
      throw Error(ErrorKind::kData, str(origin.string(), ": \"", before, "\" is there twice with other values"));
    }
  }
  return in;
}

}  // namespace

std::span<const ContainerInfo> containers() { return kContainers; }

const ContainerInfo& info(Container container) { return kContainers[static_cast<size_t>(container)]; }

std::vector<Container> containers_in(const fs::path& dir) {
  std::vector<Container> out;
  for (const ContainerInfo& row : kContainers) {
    bool found = fs::exists(dir / row.file) || fs::exists(dir / str(row.file, ".index.json"));
    if (row.container == Container::kTensorFlow1 && fs::is_directory(dir)) {
      for (const auto& entry : fs::directory_iterator(dir)) found |= entry.path().extension() == ".index";
    }
    if (found) out.push_back(row.container);
  }
  return out;
}

Tensors read_container(const fs::path& dir, Container container, std::string_view family, ElectraPart part) {
  switch (container) {
    case Container::kSafetensors:
      return read_safetensors(dir);
    case Container::kTorch:
      return read_torch(dir);
    case Container::kKeras:
      return renamed(read_keras_h5(dir / "tf_model.h5"), dir / "tf_model.h5",
                     [](std::string_view name) { return std::optional(from_keras_name(name)); });
    case Container::kTensorFlow1: {
      const fs::path index = find_tf1_index(dir);
      return renamed(read_tf1_checkpoint(index), index,
                     [&](std::string_view name) { return from_google_name(family, name, part); });
    }
  }
  throw Error(ErrorKind::kInternal, "unknown container");
}

Tensors read_weights(const fs::path& dir, std::string_view family) {
  const std::vector<Container> found = containers_in(dir);
  if (!found.empty()) return read_container(dir, found[0], family);
  std::vector<std::string_view> files;
  for (const ContainerInfo& row : kContainers) files.push_back(row.file);
  throw Error(ErrorKind::kNotFound,
              str(dir.string(), ": no weights in this folder: expected one of ", base::join(files, ", ")));
}

}  // namespace lmkor::hub
