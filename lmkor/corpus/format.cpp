#include "lmkor/corpus/format.h"

#include <algorithm>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

const Format kFormats[] = {
    {"text", {".txt", ".text"}, split_lines, open_text, parse_text},
    {"csv", {".csv"}, split_csv, open_csv, parse_csv},
    {"tsv", {".tsv", ".tab"}, split_csv, open_tsv, parse_csv},
    {"json", {".json"}, split_json_array, open_json, parse_json},
    {"jsonl", {".jsonl", ".ndjson"}, split_lines, open_json, parse_json},
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

std::string_view PeekedInput::peek(size_t count) {
  while (head_.size() - begin_ < count) {
    const size_t size = head_.size();
    head_.resize(begin_ + count);
    const size_t got = input_->read(head_.data() + size, head_.size() - size);
    head_.resize(size + got);
    if (got == 0) break;
  }
  return std::string_view(head_).substr(begin_, count);
}

size_t PeekedInput::read(char* out, size_t capacity) {
  if (begin_ == head_.size()) return input_->read(out, capacity);
  const size_t count = std::min(capacity, head_.size() - begin_);
  std::memcpy(out, head_.data() + begin_, count);
  begin_ += count;
  return count;
}

std::string FileLayout::place(uint64_t line) const {
  return str(path == "-" ? "standard input" : path.string(), ":", line);
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

const Format& find_format(const fs::path& path, const ReadOptions& options, std::string_view first_bytes) {
  if (options.format != "auto") return format_named(options.format);
  const size_t start = first_bytes.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? '\0' : first_bytes[start];
  const std::string extension = without_compression(path).extension().string();
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
