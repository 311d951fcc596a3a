// Layout: keras/src/legacy/saving/legacy_h5_format.py (save_weights_to_hdf5_group, save_attributes_to_hdf5_group).
#include "lmkor/hub/hdf5.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr size_t kAttributeBytes = 64512;   // Keras's own bound below HDF5's 64 KiB of an object header
constexpr uint64_t kMaxPackedRatio = 4096;  // of unpacked bytes to the file's: what more is claimed is only memory

std::recursive_mutex library;  // Debian's libhdf5 is built for one thread

// A handle of the library; close() is the function of its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

struct Dtype {
  const char* name;
  hid_t type;  // little-endian in the file
};
std::vector<Dtype> dtypes() {
  return {{"F32", H5T_IEEE_F32LE}, {"F64", H5T_IEEE_F64LE}, {"I64", H5T_STD_I64LE}, {"I32", H5T_STD_I32LE},
          {"I16", H5T_STD_I16LE},  {"I8", H5T_STD_I8LE},    {"U8", H5T_STD_U8LE}};
}

// ---- writing

[[noreturn]] void fail_output(const fs::path& path) {
  throw Error(ErrorKind::kOutput, str(path.string(), ": cannot write (no space or no permission?)"));
}

void check(herr_t status, const fs::path& path) {
  if (status < 0) fail_output(path);
}

void write_texts_once(hid_t where, const std::string& name, std::span<const std::string> texts, const fs::path& path) {
  size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::string bytes(width * std::max<size_t>(texts.size(), 1), '\0');
  for (size_t i = 0; i < texts.size(); ++i)
    std::copy(texts[i].begin(), texts[i].end(), bytes.begin() + static_cast<std::ptrdiff_t>(i * width));
  const Handle type(::H5Tcopy(H5T_C_S1), ::H5Tclose);
  check(::H5Tset_size(type, width), path);
  check(::H5Tset_strpad(type, H5T_STR_NULLPAD), path);
  const hsize_t count = texts.size();
  const Handle space(::H5Screate_simple(1, &count, nullptr), ::H5Sclose);
  const Handle attribute(::H5Acreate2(where, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), ::H5Aclose);
  check(::H5Awrite(attribute, type, bytes.data()), path);
}

// A list of texts as an attribute, or where it is too long for one, as NAME0, NAME1, ...
void write_texts(hid_t where, const std::string& name, const std::vector<std::string>& texts, const fs::path& path) {
  size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  const size_t per_part = std::max<size_t>(1, kAttributeBytes / width);
  if (texts.size() <= per_part) return write_texts_once(where, name, texts, path);
  for (size_t begin = 0; begin < texts.size(); begin += per_part) {
    const size_t count = std::min(per_part, texts.size() - begin);
    write_texts_once(where, name + std::to_string(begin / per_part), {texts.data() + begin, count}, path);
  }
}

void write_text(hid_t where, const char* name, const std::string& text, const fs::path& path) {
  const Handle type(::H5Tcopy(H5T_C_S1), ::H5Tclose);
  check(::H5Tset_size(type, text.size()), path);
  check(::H5Tset_strpad(type, H5T_STR_NULLPAD), path);
  const Handle space(::H5Screate(H5S_SCALAR), ::H5Sclose);
  const Handle attribute(::H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT), ::H5Aclose);
  check(::H5Awrite(attribute, type, text.data()), path);
}

void write_weight(hid_t group, const TensorView& tensor, const fs::path& path) {
  const std::vector<Dtype> table = dtypes();
  const auto row = std::find_if(table.begin(), table.end(), [&](const Dtype& d) { return tensor.dtype == d.name; });
  if (row == table.end()) {
    throw Error(ErrorKind::kIncompatible, str(path.string(), ": tensor \"", tensor.name, "\": dtype ", tensor.dtype,
                                              " has no place in HDF5; write safetensors"));
  }
  const std::vector<hsize_t> sizes(tensor.shape.begin(), tensor.shape.end());
  const Handle space(sizes.empty() ? ::H5Screate(H5S_SCALAR)
                                   : ::H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                     ::H5Sclose);
  const Handle links(::H5Pcreate(H5P_LINK_CREATE), ::H5Pclose);
  check(::H5Pset_create_intermediate_group(links, 1), path);
  const Handle settings(::H5Pcreate(H5P_DATASET_CREATE), ::H5Pclose);
  check(::H5Pset_obj_track_times(settings, false), path);  // the same bytes every time
  const Handle data(::H5Dcreate2(group, tensor.name.c_str(), row->type, space, links, settings, H5P_DEFAULT),
                    ::H5Dclose);
  check(::H5Dwrite(data, row->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.bytes.data()), path);
}

void write_file(const fs::path& place, const fs::path& path, const std::vector<KerasLayer>& layers) {
  const Handle access(::H5Pcreate(H5P_FILE_ACCESS), ::H5Pclose);
  check(::H5Pset_alignment(access, 4096, 64), path);  // data that is mapped is aligned for its type
  const Handle file(::H5Fcreate(place.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), ::H5Fclose);
  if (!file.valid()) fail_output(path);
  std::vector<std::string> names;
  for (const KerasLayer& layer : layers) names.push_back(layer.name);
  write_texts(file, "layer_names", names, path);
  write_text(file, "backend", "tensorflow", path);
  write_text(file, "keras_version", "2.15.0", path);  // the newest whose layout this is
  for (const KerasLayer& layer : layers) {
    const Handle group(::H5Gcreate2(file, layer.name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), ::H5Gclose);
    if (!group.valid()) fail_output(path);
    std::vector<std::string> weights;
    for (const TensorView& tensor : layer.weights) weights.push_back(tensor.name);
    write_texts(group, "weight_names", weights, path);
    for (const TensorView& tensor : layer.weights) write_weight(group, tensor, path);
  }
  check(::H5Fflush(file, H5F_SCOPE_GLOBAL), path);
}

// ---- reading

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::kData, str(path.string(), ": not a valid Keras HDF5 file: ", what));
}

std::vector<std::string> read_attribute(hid_t where, const std::string& name, const fs::path& path) {
  const Handle attribute(::H5Aopen(where, name.c_str(), H5P_DEFAULT), ::H5Aclose);
  const Handle type(::H5Aget_type(attribute), ::H5Tclose), space(::H5Aget_space(attribute), ::H5Sclose);
  const hssize_t count = ::H5Sget_simple_extent_npoints(space);
  const uint64_t limit = fs::file_size(path);
  // Keras writes an empty list as an empty array of numbers
  if (count == 0) return {};
  if (::H5Tget_class(type) != H5T_STRING || count < 0) fail(path, str("attribute ", name, " is no list of texts"));
  if (static_cast<uint64_t>(count) > limit) fail(path, str("attribute ", name, " is larger than the file"));
  std::vector<std::string> out;
  if (::H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(static_cast<size_t>(count), nullptr);
    const Handle memory(::H5Tcopy(H5T_C_S1), ::H5Tclose);
    ::H5Tset_size(memory, H5T_VARIABLE);
    ::H5Tset_cset(memory, ::H5Tget_cset(type));
    if (::H5Aread(attribute, memory, texts.data()) < 0) fail(path, str("attribute ", name, " cannot be read"));
    for (const char* text : texts) out.emplace_back(text ? text : "");
    ::H5Dvlen_reclaim(memory, space, H5P_DEFAULT, texts.data());
    return out;
  }
  const size_t width = ::H5Tget_size(type);
  if (width == 0 || width > limit || static_cast<uint64_t>(count) > limit / width) {
    fail(path, str("attribute ", name, " is larger than the file"));
  }
  std::string bytes(width * static_cast<size_t>(count), '\0');
  if (::H5Aread(attribute, type, bytes.data()) < 0) fail(path, str("attribute ", name, " cannot be read"));
  for (size_t at = 0; at < bytes.size(); at += width) {
    out.emplace_back(bytes.data() + at, ::strnlen(bytes.data() + at, width));
  }
  return out;
}

// NAME, or NAME0, NAME1, ... where Keras divided a long list.
std::vector<std::string> read_texts(hid_t where, const std::string& name, const fs::path& path) {
  if (::H5Aexists(where, name.c_str()) > 0) return read_attribute(where, name, path);
  if (::H5Aexists(where, (name + "0").c_str()) <= 0) fail(path, str("attribute ", name, " is missing"));
  std::vector<std::string> out;
  for (int part = 0; ::H5Aexists(where, (name + std::to_string(part)).c_str()) > 0; ++part) {
    for (std::string& text : read_attribute(where, name + std::to_string(part), path)) out.push_back(std::move(text));
  }
  return out;
}

void read_weight(hid_t group, const std::string& name, const base::MappedFile& mapped, const fs::path& path,
                 Tensors& out) {
  const std::string what = str("data set \"", name, "\"");
  const Handle data(::H5Dopen2(group, name.c_str(), H5P_DEFAULT), ::H5Dclose);
  if (!data.valid()) fail(path, what + " is missing");
  const Handle type(::H5Dget_type(data), ::H5Tclose), space(::H5Dget_space(data), ::H5Sclose);
  TensorView view{.name = name, .dtype = {}, .shape = {}, .bytes = {}};
  hid_t memory_type = -1;
  for (const Dtype& row : dtypes()) {
    if (::H5Tequal(type, row.type) <= 0) continue;
    view.dtype = row.name;
    memory_type = row.type;
  }
  if (view.dtype.empty()) fail(path, what + " has a type that is not read, expected little-endian numbers");
  hsize_t sizes[H5S_MAX_RANK];
  const int rank = ::H5Sget_simple_extent_dims(space, sizes, nullptr);
  if (rank < 0) fail(path, what + " has no shape");
  for (int d = 0; d < rank; ++d) view.shape.push_back(static_cast<int64_t>(std::min<hsize_t>(sizes[d], INT64_MAX)));
  const std::optional<uint64_t> bytes = byte_count(view.dtype, view.shape);
  if (!bytes || *bytes / kMaxPackedRatio > mapped.bytes().size()) fail(path, what + " is larger than the file");
  const Handle settings(::H5Dget_create_plist(data), ::H5Pclose);
  const haddr_t offset = ::H5Dget_offset(data);
  if (*bytes == 0) {
  } else if (::H5Pget_layout(settings) == H5D_CONTIGUOUS && ::H5Pget_external_count(settings) == 0) {
    if (offset == HADDR_UNDEF || offset > mapped.bytes().size() || *bytes > mapped.bytes().size() - offset) {
      fail(path, what + " is cut off");
    }
    view.bytes = mapped.bytes().substr(offset, *bytes);
  } else {
    if (::H5Pget_external_count(settings) != 0) fail(path, what + " lies in another file");
    std::string unpacked(*bytes, '\0');
    if (::H5Dread(data, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, unpacked.data()) < 0) {
      fail(path, what + " cannot be read");
    }
    view.bytes = out.keep(std::move(unpacked));
  }
  out.views.push_back(std::move(view));
}

}  // namespace

void write_keras_h5(const fs::path& path, const std::vector<KerasLayer>& layers) {
  const std::lock_guard lock(library);
  ::H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const fs::path place = path.string() + str(".tmp-", ::getpid());
  try {
    write_file(place, path, layers);
    const int fd = ::open(place.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::fsync(fd) != 0) fail_output(path);
    ::close(fd);
    base::rename_path(place, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(place, ignored);
    throw;
  }
}

Tensors read_keras_h5(const fs::path& path) {
  const auto mapped = std::make_shared<const base::MappedFile>(path);  // says what is wrong with the path
  const std::lock_guard lock(library);
  ::H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle file(::H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), ::H5Fclose);
  if (!file.valid()) fail(path, str("it cannot be opened as HDF5 (", mapped->bytes().size(), " bytes; cut off?)"));
  Tensors out;
  out.memory.push_back(mapped);
  // model.save() puts the weights one level down
  const bool is_whole_model =
      ::H5Aexists(file, "layer_names") <= 0 && ::H5Lexists(file, "model_weights", H5P_DEFAULT) > 0;
  const Handle root(::H5Gopen2(file, is_whole_model ? "model_weights" : "/", H5P_DEFAULT), ::H5Gclose);
  for (const std::string& layer : read_texts(root, "layer_names", path)) {
    const Handle group(::H5Gopen2(root, layer.c_str(), H5P_DEFAULT), ::H5Gclose);
    if (!group.valid()) fail(path, str("layer \"", layer, "\" is missing"));
    for (const std::string& name : read_texts(group, "weight_names", path)) {
      read_weight(group, name, *mapped, path, out);
    }
  }
  return out;
}

}  // namespace lmkor::hub
