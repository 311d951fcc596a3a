// Members of zip and tar archives as streams, by libarchive. The archive itself may be packed: a tar is read from any
// stream, a zip from a file or, where there is none, as far as a stream allows.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lmkor/base/compress.h"

struct archive;
struct archive_entry;

namespace lmkor::corpus {

// "zip", "tar" or "" by the first 512 bytes.
std::string_view archive_of(std::string_view first_bytes);

class Archive {
 public:
  // `file` is the path of a zip that is a plain file, else empty and `stream` gives the bytes. `name` stands in errors.
  Archive(std::string file, std::unique_ptr<base::InputStream> stream, std::string name);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  // The next regular file, its path within the archive in `member`. False at the end. Throws kData for damaged or
  // truncated archives and encrypted members, naming the last member that was seen.
  bool next(std::string& member);
  // Bytes of the member; 0 at its end.
  size_t read(char* out, size_t capacity);
  uint64_t stored_position() const;

 private:
  [[noreturn]] void fail(std::string_view what) const;
  static std::ptrdiff_t give(::archive*, void* self, const void** buffer);

  std::string name_, member_;
  std::unique_ptr<base::InputStream> stream_;
  std::string buffer_;
  ::archive* archive_;
};

}  // namespace lmkor::corpus
