// The formats that text comes in. A format is one file: how bytes divide into records (Splitter, one thread) and how a
// record becomes a document (RecordParser, any thread). The table of formats is in format.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/compress.h"
#include "lmkor/corpus/document.h"
#include "lmkor/corpus/reader.h"

namespace lmkor::corpus {

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

struct RawRecord {
  std::string_view bytes;  // valid until the next call
  uint64_t line = 0;       // of the file, from 1, on which the record begins
};

class Splitter {
 public:
  virtual ~Splitter() = default;
  // False at the end. Throws kData where the file cannot be divided any further.
  virtual bool next(RawRecord& record) = 0;
  virtual uint64_t stored_position() const = 0;
};

// Which columns or members of a file are what; found when the file is opened, shared by all threads.
struct FileLayout {
  std::filesystem::path path;
  std::string stem;                     // default of `source`
  std::vector<std::string> text_names;  // joined by LF
  std::vector<std::string> columns;     // CSV, TSV
  char delimiter = ',';
  bool quotes = true;
  ReadOptions options;
  std::vector<std::string> field_names;  // of known_fields() in this file

  std::string place(uint64_t line) const;
  // The known field that a column or member `name` fills, nullptr for the others; text is not among them.
  const KnownField* known(std::string_view name) const;
  bool is_text(std::string_view name) const;
};

// Parses records of one file; holds buffers, so each thread has its own.
class RecordParser {
 public:
  virtual ~RecordParser() = default;
  // Fills `document` (cleared before; id and source may stay empty). `bytes` is valid UTF-8. False with `bad.got` and
  // `bad.expected` set where the record is broken.
  virtual bool parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) = 0;
};

struct Format {
  std::string_view name;
  std::vector<std::string_view> extensions;  // before that of the compression
  std::unique_ptr<Splitter> (*split)(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
  // Completes `layout` from the first record; false if this record is no document (a header line).
  bool (*open)(const RawRecord& first, FileLayout& layout);
  std::unique_ptr<RecordParser> (*parser)();
};

std::span<const Format> formats();
// By option, extension or first bytes.
const Format& find_format(const std::filesystem::path& path, const ReadOptions& options, std::string_view first_bytes);
// "reviews" of "in/reviews.jsonl.zst".
std::string stem_of(const std::filesystem::path& path);

// The names under which text is looked for where --map does not say, in order.
std::span<const std::string_view> text_names();
// The text names of a record with these `names`: the first that matches, or a known layout of several columns (such as
// question and answer). Empty if none is found.
std::vector<std::string> find_text_names(std::span<const std::string> names, const ReadOptions& options);

std::unique_ptr<Splitter> split_lines(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_csv(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_json_array(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
bool open_text(const RawRecord& first, FileLayout& layout);
bool open_csv(const RawRecord& first, FileLayout& layout);
bool open_tsv(const RawRecord& first, FileLayout& layout);
bool open_json(const RawRecord& first, FileLayout& layout);
std::unique_ptr<RecordParser> parse_text();
std::unique_ptr<RecordParser> parse_csv();
std::unique_ptr<RecordParser> parse_json();

}  // namespace lmkor::corpus
