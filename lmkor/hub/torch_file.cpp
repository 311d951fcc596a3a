// Layout: torch/serialization.py (_save and _legacy_save).
#include "lmkor/hub/torch_file.h"

#include <cstring>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/pickle.h"
#include "lmkor/hub/zip.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::str;
using namespace std::string_view_literals;
using Kind = PickleValue::Kind;

namespace {

constexpr std::string_view kZipMagic = "PK\x03\x04";
// 0x1950a86a20f9469cfc6c as pickle writes it
constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kLegacyProtocol = 1001;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw base::Error(base::ErrorKind::kData, str(path.string(), ": not a valid PyTorch file: ", what));
}

// The bytes of a tensor that lies scattered in its storage, in a row. Strides were checked.
std::string gathered(std::string_view storage, const PickledTensor& tensor, size_t width, uint64_t bytes) {
  std::string out;
  out.reserve(bytes);
  std::vector<int64_t> index(tensor.shape.size(), 0);
  int64_t at = tensor.offset;
  while (out.size() < bytes) {
    out.append(storage.substr(static_cast<size_t>(at) * width, width));
    for (size_t d = index.size(); d-- > 0;) {
      at += tensor.stride[d];
      if (++index[d] < tensor.shape[d]) break;
      at -= tensor.stride[d] * tensor.shape[d];
      index[d] = 0;
    }
  }
  return out;
}

// Whether elements lie one behind the other. Sizes of 1 may have any stride.
bool is_in_a_row(const PickledTensor& tensor) {
  int64_t expected = 1;
  for (size_t d = tensor.shape.size(); d-- > 0;) {
    if (tensor.shape[d] != 1 && tensor.stride[d] != expected) return false;
    expected *= tensor.shape[d];
  }
  return true;
}

// The entries of the dictionary as views into the storages.
void take_tensors(const Pickle& pickle, const std::map<std::string, std::string_view>& storages, const fs::path& path,
                  Tensors& out) {
  const PickleValue& top = pickle.top();
  if (top.kind != Kind::kDict) fail(path, "expected a dictionary of tensors");
  uint64_t may_copy = 0;  // tensors that lie scattered hold, all together, no more than the storages twice
  for (const auto& [key, bytes] : storages) may_copy += 2 * bytes.size();
  std::set<std::string_view> names;
  for (size_t i = 0; i < top.items.size(); i += 2) {
    const PickleValue &key = pickle.values[top.items[i]], &value = pickle.values[top.items[i + 1]];
    if (key.kind != Kind::kString) fail(path, "a key of the dictionary is no text");
    const std::string what = str("tensor \"", key.text, "\"");
    if (value.kind != Kind::kTensor) {
      fail(path, str("\"", key.text, "\" is no tensor; expected the dictionary of a model's weights"));
    }
    if (!names.insert(key.text).second) fail(path, what + " is there twice");
    const PickledTensor& tensor = pickle.tensors[static_cast<size_t>(value.number)];
    const PickledStorage& storage = pickle.storages[tensor.storage];
    const std::string_view held = storages.at(storage.key);
    const size_t width = element_size(storage.dtype);
    const std::optional<uint64_t> bytes = byte_count(storage.dtype, tensor.shape);
    if (!bytes || tensor.shape.size() != tensor.stride.size() || tensor.offset < 0)
      fail(path, what + " has no valid shape");
    unsigned __int128 last = static_cast<uint64_t>(tensor.offset);
    for (size_t d = 0; d < tensor.shape.size(); ++d) {
      if (tensor.stride[d] < 0) fail(path, what + " has no valid shape");
      if (tensor.shape[d] > 0) {
        last += static_cast<unsigned __int128>(tensor.shape[d] - 1) * static_cast<uint64_t>(tensor.stride[d]);
      }
    }
    if (*bytes > held.size() || (*bytes > 0 && last >= held.size() / width)) {
      fail(path, str(what, " of ", storage.dtype, " ", shape_text(tensor.shape), " lies outside its storage of ",
                     held.size(), " bytes"));
    }
    TensorView view{.name = key.text, .dtype = storage.dtype, .shape = tensor.shape, .bytes = {}};
    if (*bytes > 0 && is_in_a_row(tensor)) {
      view.bytes = held.substr(static_cast<size_t>(tensor.offset) * width, *bytes);
    } else if (*bytes > 0) {
      if (*bytes > may_copy) fail(path, what + " repeats a storage too often");
      may_copy -= *bytes;
      view.bytes = out.keep(gathered(held, tensor, width, *bytes));
    }
    out.views.push_back(std::move(view));
  }
}

void check_storage(const PickledStorage& storage, std::string_view bytes, const fs::path& path) {
  const uint64_t width = element_size(storage.dtype);
  if (storage.elements < 0 || bytes.size() / width < static_cast<uint64_t>(storage.elements)) {
    fail(path, str("storage ", storage.key, " should have ", storage.elements, " elements of ", storage.dtype, ", got ",
                   bytes.size(), " bytes"));
  }
}

Tensors read_zip_format(const std::shared_ptr<const base::MappedFile>& file, const fs::path& path) {
  const auto entries = read_zip(*file, path);
  constexpr std::string_view kPickle = "/data.pkl";
  std::string folder;
  for (const auto& [name, entry] : entries) {
    if (name.ends_with(kPickle) && name.find('/') == name.size() - kPickle.size()) {
      folder = name.substr(0, name.size() - kPickle.size());
    }
  }
  const auto find = [&](const std::string& name) {
    const auto found = entries.find(name);
    if (found == entries.end()) fail(path, str("it has no entry \"", name, "\""));
    return found;
  };
  Tensors out;
  out.memory.push_back(file);
  const auto bytes_of = [&](const std::string& name) {
    std::string buffer;
    const std::string_view bytes = zip_bytes(find(name)->second, name, path, buffer);
    return bytes.data() == buffer.data() && !buffer.empty() ? out.keep(std::move(buffer)) : bytes;
  };
  if (entries.contains(folder + "/byteorder") && bytes_of(folder + "/byteorder") != "little") {
    fail(path, "its numbers are big-endian");
  }
  if (folder.empty()) fail(path, "it has no entry data.pkl in a folder");
  std::string_view rest = bytes_of(folder + std::string(kPickle));
  const Pickle pickle = unpickle(rest, path);
  std::map<std::string, std::string_view> storages;
  for (const PickledStorage& storage : pickle.storages) {
    if (!storages.contains(storage.key)) storages[storage.key] = bytes_of(str(folder, "/data/", storage.key));
    check_storage(storage, storages[storage.key], path);
  }
  take_tensors(pickle, storages, path, out);
  return out;
}

Tensors read_legacy(const std::shared_ptr<const base::MappedFile>& file, const fs::path& path) {
  std::string_view rest = file->bytes();
  Tensors out;
  out.memory.push_back(file);
  const Pickle magic = unpickle(rest, path);
  if (magic.top().kind != Kind::kBig || magic.top().text != kLegacyMagic) fail(path, "it does not begin as one");
  const Pickle protocol = unpickle(rest, path);
  if (protocol.top().kind != Kind::kInt || protocol.top().number != kLegacyProtocol) {
    fail(path, str("expected version ", kLegacyProtocol, " of the stream"));
  }
  const Pickle system = unpickle(rest, path);
  for (size_t i = 0; system.top().kind == Kind::kDict && i < system.top().items.size(); i += 2) {
    const PickleValue &key = system.values[system.top().items[i]], &value = system.values[system.top().items[i + 1]];
    if (key.text == "little_endian" && value.number == 0) fail(path, "its numbers are big-endian");
  }
  const Pickle pickle = unpickle(rest, path);
  const Pickle keys = unpickle(rest, path);
  if (keys.top().kind != Kind::kList) fail(path, "the list of its storages is missing");
  std::map<std::string, const PickledStorage*> described;
  for (const PickledStorage& storage : pickle.storages) described[storage.key] = &storage;
  std::map<std::string, std::string_view> storages;
  for (const uint32_t place : keys.top().items) {
    const std::string& key = keys.values[place].text;
    const auto found = described.find(key);
    if (found == described.end()) fail(path, str("no tensor has the storage \"", key, "\""));
    int64_t elements = 0;
    if (rest.size() < sizeof elements) fail(path, str("storage ", key, " is cut off"));
    std::memcpy(&elements, rest.data(), sizeof elements);
    rest.remove_prefix(sizeof elements);
    const std::optional<uint64_t> bytes = byte_count(found->second->dtype, std::vector<int64_t>{elements});
    if (!bytes || *bytes > rest.size()) fail(path, str("storage ", key, " is cut off"));
    storages[key] = rest.substr(0, *bytes);
    rest.remove_prefix(*bytes);
  }
  for (const PickledStorage& storage : pickle.storages) {
    if (!storages.contains(storage.key)) fail(path, str("storage ", storage.key, " is missing"));
    check_storage(storage, storages[storage.key], path);
  }
  take_tensors(pickle, storages, path, out);
  return out;
}

// Tensors that lie at one place in memory share a storage: torch.save keeps tied weights so.
std::vector<TensorToPickle> described(std::span<const TensorView> tensors, std::vector<const TensorView*>& storages) {
  std::vector<TensorToPickle> out;
  std::map<std::pair<const char*, size_t>, size_t> known;
  for (const TensorView& tensor : tensors) {
    const auto [row, is_new] = known.emplace(std::pair(tensor.bytes.data(), tensor.bytes.size()), storages.size());
    if (is_new) storages.push_back(&tensor);
    out.push_back({tensor.name, tensor.dtype, tensor.shape, row->second});
  }
  return out;
}

// A pickle that holds one list of texts.
std::string pickle_of_keys(size_t count) {
  std::string out = "\x80\x02](";
  for (size_t i = 0; i < count; ++i) {
    const std::string key = std::to_string(i);
    out += 'X';
    const auto size = static_cast<uint32_t>(key.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += key;
  }
  return out + "e.";
}

}  // namespace

Tensors read_torch_file(const fs::path& path) {
  const auto file = std::make_shared<const base::MappedFile>(path);
  if (file->bytes().starts_with(kZipMagic)) return read_zip_format(file, path);
  if (file->bytes().starts_with("\x80")) return read_legacy(file, path);
  fail(path, str("expected a zip archive or a pickle, got ", file->bytes().size(), " bytes of something else"));
}

void write_torch_file(const fs::path& path, std::span<const TensorView> tensors, TorchFormat format) {
  const bool is_legacy = format == TorchFormat::kLegacy;
  std::vector<const TensorView*> storages;
  const std::string pickle = pickle_tensors(described(tensors, storages), is_legacy, path);
  if (!is_legacy) {
    ZipWriter zip(path);
    zip.add("archive/data.pkl", pickle);
    zip.add("archive/byteorder", "little");
    for (size_t i = 0; i < storages.size(); ++i) zip.add(str("archive/data/", i), storages[i]->bytes);
    zip.add("archive/version", "3\n");
    return zip.commit();
  }
  base::AtomicFile file(path);
  file.write(str("\x80\x02\x8a\x0a", kLegacyMagic, "."));
  file.write("\x80\x02M\xe9\x03.");
  file.write(
      "\x80\x02}(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88X\x0a\0\0\0type_sizes"
      "}(X\x05\0\0\0shortK\x02X\x03\0\0\0intK\x04X\x04\0\0\0longK\x04uu."sv);
  file.write(pickle);
  file.write(pickle_of_keys(storages.size()));
  for (const TensorView* tensor : storages) {
    const auto elements = static_cast<int64_t>(tensor->bytes.size() / element_size(tensor->dtype));
    file.write({reinterpret_cast<const char*>(&elements), sizeof elements});
    file.write(tensor->bytes);
  }
  file.commit();
}

}  // namespace lmkor::hub
