// Byte streams in and out, with compression recognised by magic bytes (zstd, gzip, xz, bzip2) on reading and chosen by
// the file's name on writing (.zst; anything else is plain). All streaming; memory is a few buffers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lmkor::base {

// A stream of decompressed bytes. read() fills at most `capacity` bytes and returns 0 only at the end.
// Errors: kNotFound; kData with file name and position for truncated or damaged compressed data.
class InputStream {
 public:
  virtual ~InputStream() = default;
  virtual size_t read(char* out, size_t capacity) = 0;
  // Bytes of the stored (compressed) file consumed so far, for progress.
  virtual uint64_t stored_position() const = 0;
};

// `path` "-" is standard input.
std::unique_ptr<InputStream> open_input(const std::filesystem::path& path);
// The same over stored bytes that come from elsewhere; `name` stands in errors.
std::unique_ptr<InputStream> decompress(std::unique_ptr<InputStream> stored, std::string name);
// "plain", "zstd", "gzip", "xz" or "bzip2", by the first bytes.
std::string_view compression_of(std::string_view first_bytes);

// Lines of a stream, divided by LF only; the LF is not part of a line, a CR is. A last line without LF counts.
class LineReader {
 public:
  explicit LineReader(std::unique_ptr<InputStream> input, size_t max_bytes = SIZE_MAX);
  // False at the end. `line` is valid until the next call. Of a line of more than `max_bytes` nothing is kept: it is
  // empty and too_long() holds, so that memory stays bounded.
  bool next(std::string_view& line);
  bool too_long() const { return too_long_; }
  // Number of the line last returned, from 1.
  uint64_t line_number() const { return line_number_; }
  uint64_t stored_position() const { return input_->stored_position(); }

 private:
  std::unique_ptr<InputStream> input_;
  size_t max_bytes_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t line_number_ = 0;
  bool at_end_ = false, too_long_ = false;
};

// Writes `path` complete or not at all; zstd when the name ends in .zst. Throws kOutput.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path, int level = 3);
  ~OutputFile();
  void write(std::string_view bytes);
  uint64_t plain_bytes() const;   // bytes given to write()
  uint64_t stored_bytes() const;  // bytes on the disk so far
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string decompress_file(const std::filesystem::path& path);

}  // namespace lmkor::base
