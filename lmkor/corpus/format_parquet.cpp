// Parquet: a row is a JSON object, so that columns are found and carried as members of JSON are. The file is read by
// liblmkor_parquet.so (parquet/rows.h), which lies beside the program where pyarrow was there at build time.
#include <dlfcn.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/json_record.h"
#include "lmkor/corpus/parquet/rows.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr std::string_view kMagic = "PAR1";

// Loaded once; nullptr if it is not there, then `reason` says why.
OpenParquet load_library(std::string& reason) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {folder, folder.parent_path() / "lib"}) {
    const fs::path library = place / kParquetLibrary;
    if (!fs::exists(library, error)) continue;
    if (void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL))
      return reinterpret_cast<OpenParquet>(::dlsym(handle, kOpenParquetName));
    reason = ::dlerror();
    return nullptr;
  }
  reason = str(kParquetLibrary, " is not beside the program");
  return nullptr;
}

OpenParquet parquet_library(const fs::path& path) {
  static std::string reason;
  static const OpenParquet open = load_library(reason);
  if (open != nullptr) return open;
  throw base::Error(base::ErrorKind::kEnvironment,
                    str(path.string(), ": this lmkor cannot read Parquet: ", reason,
                        "; build it with pyarrow in its Python (deps/requirements.txt), or turn the file into JSON "
                        "Lines"));
}

class ParquetSplitter : public Splitter {
 public:
  ParquetSplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout)
      : layout_(layout), max_bytes_(static_cast<size_t>(layout.options.max_record_bytes)) {
    // Its directory stands at the end: it is read from a file only.
    if (!layout.member.empty() || !file_begins_with(layout.path, kMagic)) {
      throw base::Error(
          base::ErrorKind::kData,
          str(layout.name(), is_parquet(input->peek(kMagic.size()))
                                 ? ": got Parquet that is packed or piped, expected a plain file; unpack it"
                                 : ": no Parquet file: got other first bytes, expected PAR1"));
    }
    std::string error;
    rows_.reset(parquet_library(layout.path)(layout.path.c_str(), append_json_string, error));
    if (!rows_) fail(error);
    stored_bytes_ = fs::file_size(layout.path);
  }

  bool next(RawRecord& record) override {
    std::string error;
    if (!rows_->next(json_, error)) {
      if (!error.empty()) fail(error);
      position_ = stored_bytes_;
      return false;
    }
    record = json_.size() > max_bytes_ ? too_long(row_ + 1) : RawRecord{json_, row_ + 1};
    ++row_;
    return true;
  }
  uint64_t stored_position() const override { return position_; }

 private:
  [[noreturn]] void fail(std::string_view error) const {
    throw base::Error(base::ErrorKind::kData, str(layout_.place(row_ + 1), ": damaged Parquet: got \"", error,
                                                  "\", expected a whole Parquet file; fetch it again"));
  }

  FileLayout layout_;
  size_t max_bytes_;
  std::unique_ptr<ParquetRows> rows_;
  std::string json_;
  uint64_t row_ = 0, stored_bytes_ = 0, position_ = 0;
};

}  // namespace

bool is_parquet(std::string_view first_bytes) { return first_bytes.starts_with(kMagic); }

std::unique_ptr<Splitter> split_parquet(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<ParquetSplitter>(std::move(input), layout);
}

bool open_parquet(const RawRecord& first, FileLayout& layout) {
  require_text(JsonRecord().names(first.bytes), first.line, layout);
  return true;
}

}  // namespace lmkor::corpus
