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

#include "lmkor/corpus/document.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/corpus/source.h"

namespace lmkor::corpus {

struct RawRecord {
  std::string_view bytes;  // valid until the next call
  uint64_t line = 0;       // of the file, from 1, on which the record begins; of Parquet the row
  // Set where the splitter already knows that the record is broken.
  std::string_view got = {}, expected = {};
};

class Splitter {
 public:
  virtual ~Splitter() = default;
  // False at the end. Throws kData where the file cannot be divided any further.
  virtual bool next(RawRecord& record) = 0;
  virtual uint64_t stored_position() const = 0;
};

// A record that grew beyond --max-record-bytes.
RawRecord too_long(uint64_t line);

// Which columns or members of a file are what; found when the file is opened, shared by all threads.
struct FileLayout {
  std::filesystem::path path;
  std::string member;                   // of an archive, else empty
  std::string source;                   // of documents that name none
  std::string encoding;                 // in which the file is stored
  std::vector<std::string> text_names;  // joined by LF
  std::vector<std::string> columns;     // CSV, TSV
  char delimiter = ',';
  bool quotes = true;
  ReadOptions options;
  std::vector<std::string> field_names;  // of known_fields() in this file
  std::vector<std::pair<const KnownField*, std::string>> fills;
  std::string category;  // of documents that name none
  std::string whole_id;  // of a document that is a whole file
  std::string extra;     // what the head of the file says of all its documents, as Document::extra

  // "reviews.zip!2019.csv" and, with a line, ":7" behind it.
  std::string name() const;
  std::string place(uint64_t line) const;
  // The known field that a column or member `name` fills, nullptr for the others; text is not among them.
  const KnownField* known(std::string_view name) const;
  bool is_text(std::string_view name) const;
};

// Parses records of one file; holds buffers, so each thread has its own.
class RecordParser {
 public:
  virtual ~RecordParser() = default;
  // Fills `document` (cleared before; id and source may stay empty). `bytes` is valid UTF-8. Unless the outcome is
  // kGood, `bad.got` and, but for kSkipped, `bad.expected` are set.
  virtual Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) = 0;
};

struct Format {
  std::string_view name;
  std::vector<std::string_view> extensions;  // before that of the compression
  // Whether the first bytes of a file, UTF-8 but for Parquet, are of this format whatever its name; nullptr: the name
  // decides.
  bool (*matches)(std::string_view first_bytes);
  std::unique_ptr<Splitter> (*split)(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
  // Completes `layout` from the first record; false if this record is no document (a header line).
  bool (*open)(const RawRecord& first, FileLayout& layout);
  std::unique_ptr<RecordParser> (*parser)();
};

std::span<const Format> formats();
// By option, layout of the first bytes, extension, or first byte.
const Format& find_format(const std::filesystem::path& path, const ReadOptions& options, std::string_view first_bytes);
// ".jsonl" of "in/reviews.jsonl.zst"; and whether a format has it.
std::string extension_of(const std::filesystem::path& path);
bool has_format(std::string_view extension);
// "reviews" of "in/reviews.jsonl.zst".
std::string stem_of(const std::filesystem::path& path);

// The names under which text is looked for where --map does not say, in order.
std::span<const std::string_view> text_names();
// The text names of a record with these `names`: the first that matches, or a known layout of several columns (such as
// question and answer). Empty if none is found.
std::vector<std::string> find_text_names(std::span<const std::string> names, const ReadOptions& options);

// Sets layout.text_names. Throws kData naming `columns` if there is no text among them.
void require_text(std::span<const std::string> columns, uint64_t line, FileLayout& layout);

// Appends a member of Document::extra; a known field's name gets "original_" before it.
void append_extra(Document& document, std::string_view name, std::string_view text);
void append_extra_json(Document& document, std::string_view name, std::string_view json);

std::unique_ptr<Splitter> split_lines(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_whole(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_csv(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_json_array(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_modu(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_mediawiki(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
std::unique_ptr<Splitter> split_parquet(std::unique_ptr<PeekedInput> input, const FileLayout& layout);
bool open_text(const RawRecord& first, FileLayout& layout);
bool open_csv(const RawRecord& first, FileLayout& layout);
bool open_json(const RawRecord& first, FileLayout& layout);
bool open_parquet(const RawRecord& first, FileLayout& layout);
bool open_modu(const RawRecord& first, FileLayout& layout);
bool open_mediawiki(const RawRecord& first, FileLayout& layout);
bool open_whole(const RawRecord& first, FileLayout& layout);
std::unique_ptr<RecordParser> parse_text();
std::unique_ptr<RecordParser> parse_csv();
std::unique_ptr<RecordParser> parse_json();
std::unique_ptr<RecordParser> parse_modu();
std::unique_ptr<RecordParser> parse_namuwiki();
std::unique_ptr<RecordParser> parse_mediawiki();
std::unique_ptr<RecordParser> parse_markdown();
std::unique_ptr<RecordParser> parse_po();
bool is_modu(std::string_view first_bytes);
bool is_namuwiki(std::string_view first_bytes);
bool is_mediawiki(std::string_view first_bytes);
bool is_parquet(std::string_view first_bytes);

}  // namespace lmkor::corpus
