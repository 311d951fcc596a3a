#include "lmkor/corpus/format.h"

#include <algorithm>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

// Layouts that their bytes tell whatever the file is called, then those that the name decides.
const Format kFormats[] = {
    {"parquet", {".parquet"}, is_parquet, split_parquet, open_parquet, parse_json},
    {"mediawiki", {".xml"}, is_mediawiki, split_mediawiki, open_mediawiki, parse_mediawiki},
    {"namuwiki", {}, is_namuwiki, split_json_array, open_text, parse_namuwiki},
    {"modu", {}, is_modu, split_modu, open_modu, parse_modu},
    {"text", {".txt", ".text"}, nullptr, split_lines, open_text, parse_text},
    {"csv", {".csv"}, nullptr, split_csv, open_csv, parse_csv},
    {"tsv", {".tsv", ".tab"}, nullptr, split_csv, open_csv, parse_csv},
    {"json", {".json"}, nullptr, split_json_array, open_json, parse_json},
    {"jsonl", {".jsonl", ".ndjson"}, nullptr, split_lines, open_json, parse_json},
    {"markdown", {".md", ".mdx", ".markdown"}, nullptr, split_whole, open_whole, parse_markdown},
    {"po", {".po"}, nullptr, split_whole, open_whole, parse_po},
};

constexpr std::string_view kPackedExtensions[] = {".zst", ".gz", ".xz", ".bz2"};

constexpr std::string_view kTextNames[] = {"text",    "document", "review", "content", "sentence",
                                           "comment", "form",     "본문",   "내용",    "문장"};

// Columns that make a document together.
struct JoinedLayout {
  std::string_view names[2];
};
constexpr JoinedLayout kJoinedLayouts[] = {{{"Q", "A"}}, {{"question", "answer"}}};

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

fs::path without_compression(const fs::path& path) {
  const bool packed = std::find(std::begin(kPackedExtensions), std::end(kPackedExtensions),
                                path.extension().string()) != std::end(kPackedExtensions);
  return packed ? path.stem() : path.filename();
}

const Format& format_named(std::string_view name) {
  return *std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.name == name; });
}

}  // namespace

std::string FileLayout::name() const {
  return str(path == "-" ? "standard input" : path.string(), member.empty() ? "" : "!", member);
}

std::string FileLayout::place(uint64_t line) const { return str(name(), ":", line); }

RawRecord too_long(uint64_t line) { return {{}, line, "a record of more than --max-record-bytes", "a shorter one"}; }

void require_text(std::span<const std::string> columns, uint64_t line, FileLayout& layout) {
  layout.text_names = find_text_names(columns, layout.options);
  if (!layout.text_names.empty()) return;
  const std::string mapped = layout.options.mapped("text");
  throw base::Error(base::ErrorKind::kData,
                    str(layout.place(line), ": no column of text: got columns ", base::join(columns, ", "),
                        "; expected ", mapped.empty() ? str("one of ", base::join(text_names(), ", ")) : mapped,
                        "; name it with --map text=COLUMN"));
}

void append_extra_json(Document& document, std::string_view name, std::string_view json) {
  if (!document.extra.empty()) document.extra += ',';
  append_json_string(document.extra, find_known_field(name) != nullptr ? str("original_", name) : std::string(name));
  document.extra += ':';
  document.extra += json;
}

void append_extra(Document& document, std::string_view name, std::string_view text) {
  append_extra_json(document, name, {});
  append_json_string(document.extra, text);
}

const KnownField* FileLayout::known(std::string_view name) const {
  const std::span<const KnownField> fields = known_fields();
  for (size_t i = 1; i < fields.size(); ++i) {
    if (field_names[i] == name) return &fields[i];
  }
  return nullptr;
}

bool FileLayout::is_text(std::string_view name) const { return contains(text_names, name); }

std::span<const Format> formats() { return kFormats; }

std::string extension_of(const fs::path& path) { return without_compression(path).extension().string(); }

bool has_format(std::string_view extension) {
  return std::any_of(std::begin(kFormats), std::end(kFormats), [&](const Format& format) {
    return std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end();
  });
}

const Format& find_format(const fs::path& path, const ReadOptions& options, std::string_view first_bytes) {
  if (options.format != "auto") return format_named(options.format);
  for (const Format& format : kFormats) {
    if (format.matches != nullptr && format.matches(first_bytes)) return format;
  }
  const size_t start = first_bytes.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? '\0' : first_bytes[start];
  const std::string extension = extension_of(path);
  for (const Format& format : kFormats) {
    if (std::find(format.extensions.begin(), format.extensions.end(), extension) == format.extensions.end()) continue;
    // Many data sets call JSON Lines ".json".
    return format.name == "json" && first == '{' ? format_named("jsonl") : format;
  }
  if (first == '[') return format_named("json");
  return format_named(first == '{' ? "jsonl" : "text");
}

std::string stem_of(const fs::path& path) { return path == "-" ? "stdin" : without_compression(path).stem().string(); }

std::span<const std::string_view> text_names() { return kTextNames; }

std::vector<std::string> find_text_names(std::span<const std::string> names, const ReadOptions& options) {
  const std::string mapped = options.mapped("text");
  if (!mapped.empty()) return contains(names, mapped) ? std::vector<std::string>{mapped} : std::vector<std::string>{};
  for (const std::string_view name : kTextNames) {
    if (contains(names, name)) return {std::string(name)};
  }
  for (const JoinedLayout& layout : kJoinedLayouts) {
    if (std::all_of(std::begin(layout.names), std::end(layout.names), [&](auto name) { return contains(names, name); }))
      return {std::string(layout.names[0]), std::string(layout.names[1])};
  }
  return {};
}

}  // namespace lmkor::corpus
