#include "lmkor/hub/safetensors.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;
// Sorted, for headers come from others: looking a key up in base::Json is linear, reading n keys quadratic.
using Header = nlohmann::json;

namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference library's own bound

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::kData, str(path.string(), ": not a valid safetensors file: ", what));
}

uint64_t unsigned_member(const Header& value, const fs::path& path, const std::string& what) {
  if (!value.is_number_unsigned()) fail(path, what + " is not a whole number of 0 or more");
  return value.get<uint64_t>();
}

// Objects of the header in which a key stands twice are refused: which one counts would be anyone's guess.
Header parse_header(std::string_view text, const fs::path& path) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::string twice;
  const auto watch = [&](int, Header::parse_event_t event, Header& value) {
    if (event == Header::parse_event_t::object_start) keys.emplace_back();
    if (event == Header::parse_event_t::object_end) keys.pop_back();
    if (event == Header::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return true;
  };
  Header header;
  try {
    header = Header::parse(text, watch);
  } catch (const nlohmann::json::exception&) {
    fail(path, "the header is not JSON");
  }
  if (!header.is_object()) fail(path, "the header is not a JSON object");
  if (!twice.empty()) fail(path, str("key \"", twice, "\" occurs twice in one object of the header"));
  return header;
}

struct Extent {
  uint64_t begin, end;
  TensorView tensor;
};

Extent parse_tensor(const std::string& name, const Header& entry, const fs::path& path) {
  const std::string what = str("tensor \"", name, "\"");
  if (!entry.is_object()) fail(path, what + " is not an object");
  for (const char* key : {"dtype", "shape", "data_offsets"}) {
    if (!entry.contains(key)) fail(path, str(what, " has no \"", key, "\""));
  }
  Extent out;
  out.tensor.name = name;
  if (!entry["dtype"].is_string()) fail(path, what + ": dtype is not a string");
  out.tensor.dtype = entry["dtype"].get<std::string>();
  if (element_size(out.tensor.dtype) == 0) fail(path, str(what, ": unknown dtype \"", out.tensor.dtype, "\""));
  if (!entry["shape"].is_array()) fail(path, what + ": shape is not a list");
  for (const Header& size : entry["shape"]) {
    const uint64_t value = unsigned_member(size, path, what + ": a size in shape");
    if (value > INT64_MAX) fail(path, what + ": its shape is larger than any file");
    out.tensor.shape.push_back(static_cast<int64_t>(value));
  }
  const Header& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) fail(path, what + ": data_offsets is not a list of two");
  out.begin = unsigned_member(offsets[0], path, what + ": a data offset");
  out.end = unsigned_member(offsets[1], path, what + ": a data offset");
  if (out.end < out.begin) fail(path, str(what, ": data_offsets [", out.begin, ", ", out.end, "] run backwards"));
  const std::optional<uint64_t> count = byte_count(out.tensor.dtype, out.tensor.shape);
  if (!count) fail(path, what + ": its shape is larger than any file");
  const uint64_t needed = *count;
  if (out.end - out.begin != needed) {
    fail(path, str(what, ": data_offsets hold ", out.end - out.begin, " bytes, ", out.tensor.dtype, " ",
                   shape_text(out.tensor.shape), " needs ", needed));
  }
  return out;
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const fs::path& path) {
  SafetensorsFile out;
  out.path_ = path;
  out.file_ = base::MappedFile(path);
  const std::string_view bytes = out.file_.bytes();
  if (bytes.size() < 8) fail(path, str("got ", bytes.size(), " bytes, expected at least 8"));
  uint64_t header_bytes;
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > bytes.size() - 8) {
    fail(path, str("the header should have ", header_bytes, " bytes, the file has ", bytes.size(), " (cut off?)"));
  }
  if (header_bytes > kMaxHeaderBytes) {
    fail(path, str("the header has ", header_bytes, " bytes, allowed are ", kMaxHeaderBytes));
  }
  const Header header = parse_header(bytes.substr(8, header_bytes), path);
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      extents.push_back(parse_tensor(name, entry, path));
      continue;
    }
    if (!entry.is_object()) fail(path, "__metadata__ is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail(path, str("__metadata__ \"", key, "\" is not a string"));
      out.metadata_[key] = value.get<std::string>();
    }
  }
  std::stable_sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  const std::string_view data = bytes.substr(8 + header_bytes);
  uint64_t position = 0;
  for (Extent& extent : extents) {
    const std::string what = str("tensor \"", extent.tensor.name, "\"");
    if (extent.end > data.size()) {
      fail(path, str(what, " ends at byte ", extent.end, " of the data, which has ", data.size(), " (cut off?)"));
    }
    if (extent.begin < position) fail(path, what + " overlaps another tensor");
    if (extent.begin > position) fail(path, str("hole of ", extent.begin - position, " bytes before ", what));
    position = extent.end;
    extent.tensor.bytes = data.substr(extent.begin, extent.end - extent.begin);
    out.by_name_.emplace(extent.tensor.name, out.tensors_.size());
    out.tensors_.push_back(std::move(extent.tensor));
  }
  if (position != data.size()) fail(path, str(data.size() - position, " bytes after the last tensor"));
  return out;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

SafetensorsSet SafetensorsSet::open(const fs::path& path) {
  SafetensorsSet out;
  fs::path file = path;
  if (fs::is_directory(path)) {
    file = path / "model.safetensors";
    if (!fs::exists(file)) file = path / "model.safetensors.index.json";
    if (!fs::exists(file)) {
      throw Error(ErrorKind::kNotFound, str(path.string(),
                                            ": no model.safetensors or model.safetensors.index.json in "
                                            "this folder; give a model folder"));
    }
  }
  if (file.extension() != ".json") {
    out.files_.push_back(SafetensorsFile::open(file));
    return out;
  }
  const auto map =
      base::json_get<std::map<std::string, std::string>>(base::read_json(file), "weight_map", file.string());
  std::set<std::string> shards;
  for (const auto& [name, shard] : map) {
    if (fs::path(shard).has_parent_path()) {
      throw Error(ErrorKind::kData,
                  str(file.string(), ": shard \"", shard, "\" is not a file name in the same folder"));
    }
    shards.insert(shard);
  }
  if (shards.empty()) throw Error(ErrorKind::kData, str(file.string(), ": weight_map is empty"));
  for (const std::string& shard : shards) out.files_.push_back(SafetensorsFile::open(file.parent_path() / shard));
  size_t found = 0;
  for (const SafetensorsFile& opened : out.files_) {
    for (const TensorView& tensor : opened.all()) {
      const auto row = map.find(tensor.name);
      if (row == map.end() || row->second != opened.path().filename()) {
        throw Error(ErrorKind::kData, str(opened.path().string(), ": tensor \"", tensor.name, "\" should be in ",
                                          row == map.end() ? "no shard" : row->second, ", says ", file.string()));
      }
      ++found;
    }
  }
  if (found == map.size()) return out;
  for (const auto& [name, shard] : map) {
    if (!out.find(name)) {
      throw Error(ErrorKind::kData,
                  str(file.string(), ": tensor \"", name, "\" should be in ", shard, ", which lacks it"));
    }
  }
  return out;
}

std::vector<const TensorView*> SafetensorsSet::all() const {
  std::vector<const TensorView*> out;
  for (const SafetensorsFile& file : files_) {
    for (const TensorView& tensor : file.all()) out.push_back(&tensor);
  }
  return out;
}

const TensorView* SafetensorsSet::find(std::string_view name) const {
  for (const SafetensorsFile& file : files_) {
    if (const TensorView* found = file.find(name)) return found;
  }
  return nullptr;
}

void write_safetensors(const fs::path& path, std::vector<TensorView> tensors, Metadata metadata) {
  metadata.emplace("format", "pt");
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    const size_t rank_a = dtype_rank(a.dtype), rank_b = dtype_rank(b.dtype);
    return rank_a != rank_b ? rank_a < rank_b : a.name < b.name;
  });
  Json header = Json::object();
  header["__metadata__"] = metadata;
  uint64_t position = 0;
  for (const TensorView& tensor : tensors) {
    if (element_size(tensor.dtype) == 0 || byte_count(tensor.dtype, tensor.shape) != tensor.bytes.size() ||
        header.contains(tensor.name)) {
      throw Error(ErrorKind::kInternal,
                  str(path.string(), ": tensor \"", tensor.name, "\" cannot be written: ", tensor.dtype, " ",
                      shape_text(tensor.shape), ", ", tensor.bytes.size(), " bytes"));
    }
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {position, position + tensor.bytes.size()}}};
    position += tensor.bytes.size();
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t header_bytes = text.size();
  base::AtomicFile file(path);
  file.write({reinterpret_cast<const char*>(&header_bytes), 8});
  file.write(text);
  for (const TensorView& tensor : tensors) file.write(tensor.bytes);
  file.commit();
}

void write_safetensors_shards(const fs::path& dir, std::span<const TensorView> tensors, uint64_t shard_bytes,
                              const Metadata& metadata) {
  std::vector<std::vector<TensorView>> shards(1);
  uint64_t total = 0, filled = 0;
  for (const TensorView& tensor : tensors) {
    if (filled > 0 && filled + tensor.bytes.size() > shard_bytes) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back(tensor);
    filled += tensor.bytes.size();
    total += tensor.bytes.size();
  }
  if (shards.size() == 1) return write_safetensors(dir / "model.safetensors", std::move(shards[0]), metadata);
  const auto number = [](size_t n) {
    const std::string digits = std::to_string(n);
    return std::string(5 - std::min<size_t>(5, digits.size()), '0') + digits;
  };
  std::map<std::string, std::string> map;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = str("model-", number(i + 1), "-of-", number(shards.size()), ".safetensors");
    for (const TensorView& tensor : shards[i]) map[tensor.name] = name;
    write_safetensors(dir / name, std::move(shards[i]), metadata);
  }
  base::write_json(dir / "model.safetensors.index.json", {{"metadata", {{"total_size", total}}}, {"weight_map", map}});
}

}  // namespace lmkor::hub
