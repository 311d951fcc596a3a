// Files: mapped reading, writing that is complete or absent, and turning a user's paths into a list of files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::base {

namespace fs = std::filesystem;

// Read-only view of a whole regular file. Throws kNotFound, kData (not a regular file) or kEnvironment.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  std::string_view bytes() const { return {data_, size_}; }
  // The whole pages of a stretch no longer count as memory of this process until they are read again.
  void release(size_t begin, size_t size) const;

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// Writes to a temporary name beside `path`; commit() flushes, syncs and renames. Without commit() nothing is left.
// Throws kOutput naming path and reason (no space, no permission).
class AtomicFile {
 public:
  explicit AtomicFile(fs::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view bytes);
  // Writes over bytes that were written before, such as a header whose numbers are known at the end.
  void overwrite(uint64_t offset, std::string_view bytes);
  uint64_t written() const { return written_ + buffer_.size(); }
  void commit();

 private:
  void flush();
  fs::path path_, temporary_;
  int fd_ = -1;
  uint64_t written_ = 0;
  std::string buffer_;
};

std::string read_file(const fs::path& path);
void write_file_atomic(const fs::path& path, std::string_view bytes);

// Creates `dir` and its parents; throws kOutput.
void make_directories(const fs::path& dir);
// Flushes a directory's entries to the disk (after renames inside it).
void sync_directory(const fs::path& dir);
// Renames a finished temporary folder into place; throws kOutput.
void rename_path(const fs::path& from, const fs::path& to);

// Files named by `paths`: a file is itself, a folder every regular file below it (not hidden ones, nor those under a
// folder named "removed"), a pattern with * ? [ ] its matches. Sorted within each argument, no file twice. "-" stays as
// it is (standard input). Throws kNotFound naming the argument.
std::vector<fs::path> list_inputs(const std::vector<std::string>& paths);

}  // namespace lmkor::base
