// Files that come with models of others: containers of weights, config.json, tokenizer.json.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "input_fuzz.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/hub/fit.h"
#include "lmkor/hub/hdf5.h"
#include "lmkor/hub/model_info.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/hub/tf1_checkpoint.h"
#include "lmkor/hub/torch_file.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::hub {

namespace fs = std::filesystem;

namespace {

// A folder in memory that is this process's own.
const fs::path& folder() {
  static const fs::path path = [] {
    const fs::path base = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    fs::path own = base / ("lmkor-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(own);
    std::atexit([] { fs::remove_all(folder()); });
    return own;
  }();
  return path;
}

// A new file each time: file systems flush those that are written over.
fs::path file(const std::string& name, std::string_view bytes) {
  fs::remove(folder() / name);
  base::write_file_atomic(folder() / name, bytes);
  return folder() / name;
}

// What was handed out lies in memory that may be read, and is as large as shape and dtype say.
void touch(const std::vector<TensorView>& views) {
  unsigned sum = 0;
  for (const TensorView& view : views) {
    if (byte_count(view.dtype, view.shape) != view.bytes.size()) std::abort();
    for (const char byte : view.bytes) sum += static_cast<unsigned char>(byte);
  }
  if (sum == 0x12345678) ::usleep(1);  // the sum is of use to somebody
}

void read_safetensors(std::string_view bytes) { touch(SafetensorsFile::open(file("x.safetensors", bytes)).all()); }
void read_torch(std::string_view bytes) { touch(read_torch_file(file("x.bin", bytes)).views); }
void read_keras(std::string_view bytes) { touch(read_keras_h5(file("x.h5", bytes)).views); }

// Four bytes say where the index ends and the data begins.
void read_tf1(std::string_view bytes) {
  uint32_t length = 0;
  std::memcpy(&length, bytes.data(), std::min<size_t>(bytes.size(), 4));
  bytes.remove_prefix(std::min<size_t>(bytes.size(), 4));
  const size_t end = std::min<size_t>(length, bytes.size());
  file("x.data-00000-of-00001", bytes.substr(end));
  touch(read_tf1_checkpoint(file("x.index", bytes.substr(0, end))).views);
}

void read_config(std::string_view bytes) {
  const ModelInfo info = model_info(base::parse_json(bytes, "config.json"), "config.json");
  if (info.stored_layers() < 1 << 12) expected_tensors(info);
}

void read_tokenizer(std::string_view bytes) {
  const auto tokenizer = tokenizer::Tokenizer::load(file("tokenizer.json", bytes).parent_path());
  tokenizer::Tokenizer::Scratch scratch(1 << 16);
  tokenizer::EncodeOptions options;
  options.offsets = options.match_added = true;
  tokenizer.encode("오늘 [MASK] 영화a!", scratch, options);
}

struct Row {
  const char* format;
  void (*read)(std::string_view bytes);
};
constexpr Row kRows[] = {
    {"safetensors", read_safetensors}, {"torch", read_torch},        {"keras", read_keras}, {"tf1", read_tf1},
    {"config", read_config},           {"tokenizer", read_tokenizer}};

const Row* find(const std::string& format) {
  const auto found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.format == format; });
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

bool is_container(const std::string& format) { return find(format) != nullptr; }

bool fuzz_container(const std::string& format, std::string_view bytes) {
  try {
    find(format)->read(bytes);
    return true;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::kInternal) std::abort();
    return false;
  }
}

}  // namespace lmkor::hub
