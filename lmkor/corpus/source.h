// A file of the input as streams of UTF-8: the file itself, or each member of an archive, unpacked, bounded against
// decompression bombs and decoded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "lmkor/base/compress.h"
#include "lmkor/corpus/reader.h"

namespace lmkor::corpus {

class Archive;

// Input of which the first bytes can be looked at before a splitter takes it.
class PeekedInput : public base::InputStream {
 public:
  explicit PeekedInput(std::unique_ptr<base::InputStream> input) : input_(std::move(input)) {}
  // Up to `count` first bytes.
  std::string_view peek(size_t count);
  // Passes over `count` peeked bytes.
  void drop(size_t count) { begin_ += count; }
  size_t read(char* out, size_t capacity) override;
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  std::unique_ptr<base::InputStream> input_;
  std::string head_;
  size_t begin_ = 0;
};

// How many bytes are looked at to tell encoding and format.
constexpr size_t kPeekBytes = 1 << 16;

// Whether the stored bytes of the file `path` begin with `magic`; false for standard input.
bool file_begins_with(const std::filesystem::path& path, std::string_view magic);

class SourceFile {
 public:
  struct Stream {
    std::unique_ptr<PeekedInput> input;  // UTF-8 without its mark, but for Parquet, which is no text
    std::string member;                  // empty for the file itself
    std::string encoding;                // name of the encoding that it was stored in
  };

  SourceFile(std::filesystem::path path, const ReadOptions& options);
  ~SourceFile();
  // The next stream, after the last one is gone; false at the end. What is decided or left out is noted in `read`.
  // Throws kNotFound and kData (damaged, no text, a bomb).
  bool next(Stream& stream, ReadStats& read);

 private:
  std::unique_ptr<base::InputStream> bounded(std::unique_ptr<base::InputStream> input, const std::string& name) const;
  Stream open(std::unique_ptr<base::InputStream> input, std::string member, ReadStats& read) const;

  std::filesystem::path path_;
  const ReadOptions& options_;
  std::string name_;
  std::shared_ptr<uint64_t> expanded_;  // bytes of all streams so far
  std::unique_ptr<base::InputStream> whole_;
  std::shared_ptr<Archive> archive_;
  bool done_ = false;
};

}  // namespace lmkor::corpus
