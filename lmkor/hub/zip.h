// Zip archives as torch.save makes them: entries stored as they are (or deflated), ZIP64 where sizes ask for it. Data
// of stored entries is handed out without a copy. Written entries are stored and aligned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "lmkor/base/file.h"

namespace lmkor::hub {

struct ZipEntry {
  std::string_view data;  // as it lies in the file
  uint64_t size = 0;      // unpacked
  uint32_t crc = 0;       // of the unpacked bytes
  bool deflated = false;
};

// The entries of an archive by name; `file` must outlive what is read. Throws kData naming `path` and what is wrong:
// cut off, encrypted, another compression, two entries of one name, data outside the file.
std::map<std::string, ZipEntry, std::less<>> read_zip(const base::MappedFile& file, const std::filesystem::path& path);

// The unpacked bytes of an entry, checked against its CRC: the mapped ones if it is stored; otherwise in `buffer`.
std::string_view zip_bytes(const ZipEntry& entry, std::string_view name, const std::filesystem::path& path,
                           std::string& buffer);

// Writes stored entries whose data begins at a multiple of 64 bytes.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : file_(path) {}
  void add(std::string_view name, std::string_view bytes);
  void commit();

 private:
  base::AtomicFile file_;
  std::string directory_;
  uint64_t count_ = 0;
};

}  // namespace lmkor::hub
