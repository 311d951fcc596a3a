// JSON: an array of objects, divided while it streams, and single objects as JSONL holds one in each line.
#include <cstring>

#include <simdjson.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kChunkBytes = 1 << 18;
constexpr size_t kMaxRecordBytes = 1 << 30;

bool is_blank(char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

// Divides `[ {...}, {...} ]` at the commas of the outer level. Only strings and brackets are looked at; whether an
// element is JSON is the parser's matter.
class ArraySplitter : public Splitter {
 public:
  ArraySplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout)
      : input_(std::move(input)), layout_(layout), buffer_(2 * kChunkBytes, '\0') {}

  bool next(RawRecord& record) override {
    if (closed_) return false;
    if (!opened_) {
      const int first = skip_blanks();
      if (first < 0) return false;
      if (first != '[') fail(str("got '", static_cast<char>(first), "', expected '[': JSON files hold an array"));
      ++at_;
      opened_ = true;
    }
    int byte = skip_blanks();
    while (byte == ',') {
      ++at_;
      byte = skip_blanks();
    }
    if (byte == ']') {
      ++at_;
      closed_ = true;
      if (skip_blanks() >= 0) fail("got more text after the array, expected the end of the file");
      return false;
    }
    if (byte < 0) fail("got the end of the file, expected ']'; fetch the file again, it was cut off");
    record.line = line_;
    record.bytes = element();
    return true;
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw base::Error(base::ErrorKind::kData, str(layout_.place(line_), ": broken JSON array: ", what));
  }

  // Makes a byte available at at_, keeping what begins at `keep`; false at the end of the file.
  bool refill(size_t& keep) {
    std::memmove(buffer_.data(), buffer_.data() + keep, end_ - keep);
    at_ -= keep;
    end_ -= keep;
    keep = 0;
    if (end_ > kMaxRecordBytes) fail("got an element of over 1 GiB, expected smaller ones; use JSON Lines");
    if (buffer_.size() - end_ < kChunkBytes) buffer_.resize(2 * buffer_.size());
    const size_t got = input_->read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got > 0;
  }

  // The first byte that is not blank, -1 at the end.
  int skip_blanks() {
    while (true) {
      size_t keep = at_;
      if (at_ == end_ && !refill(keep)) return -1;
      if (!is_blank(buffer_[at_])) return static_cast<unsigned char>(buffer_[at_]);
      line_ += buffer_[at_] == '\n';
      ++at_;
    }
  }

  std::string_view element() {
    size_t begin = at_;
    int depth = 0;
    bool in_string = false, escaped = false;
    while (true) {
      if (at_ == end_ && !refill(begin)) {
        fail("got the end of the file inside an element, expected ']'; fetch the file again, it was cut off");
      }
      const char byte = buffer_[at_];
      if (in_string) {
        if (escaped) {
          escaped = false;
        } else if (byte == '\\') {
          escaped = true;
        } else if (byte == '"') {
          in_string = false;
        }
      } else if (byte == '"') {
        in_string = true;
      } else if (byte == '{' || byte == '[') {
        ++depth;
      } else if (depth == 0 && (byte == ',' || byte == ']')) {
        return std::string_view(buffer_).substr(begin, at_ - begin);
      } else if (byte == '}' || byte == ']') {
        --depth;
      }
      line_ += byte == '\n';
      ++at_;
    }
  }

  std::unique_ptr<PeekedInput> input_;
  FileLayout layout_;
  std::string buffer_;
  size_t at_ = 0, end_ = 0;
  uint64_t line_ = 1;
  bool opened_ = false, closed_ = false;
};

// A scalar as text; false for objects and arrays. null is empty.
bool scalar_text(const simdjson::dom::element& value, std::string& out) {
  if (value.is_string()) {
    out = std::string_view(value.get_string());
  } else if (value.is_null()) {
    out.clear();
  } else if (value.is_object() || value.is_array()) {
    return false;
  } else {
    out = simdjson::minify(value);
  }
  return true;
}

const char* type_name(const simdjson::dom::element& value) {
  switch (value.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a truth value";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

class JsonParser : public RecordParser {
 public:
  bool parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    padded_.resize(bytes.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(padded_.data(), bytes.data(), bytes.size());
    simdjson::dom::element root;
    if (const auto error = parser_.parse(padded_.data(), bytes.size(), false).get(root)) {
      bad.got = str("no valid JSON (", simdjson::error_message(error), ")");
      bad.expected = "one JSON object";
      return false;
    }
    simdjson::dom::object object;
    if (root.get(object)) {
      bad.got = type_name(root);
      bad.expected = "one JSON object";
      return false;
    }
    return joined_text(object, layout, document, bad) && other_fields(object, layout, document);
  }

  std::vector<std::string> names(std::string_view bytes) {
    std::vector<std::string> out;
    simdjson::dom::object object;
    const simdjson::padded_string padded(bytes);
    if (parser_.parse(padded).get(object)) return out;
    for (const auto& member : object) out.emplace_back(member.key);
    return out;
  }

 private:
  static bool joined_text(const simdjson::dom::object& object, const FileLayout& layout, Document& document,
                          BadRecord& bad) {
    for (const std::string& name : layout.text_names) {
      simdjson::dom::element value;
      std::string_view text;
      const bool missing = object.at_key(name).get(value) != simdjson::SUCCESS;
      if (missing || value.get(text)) {
        bad.got = missing ? str("no field \"", name, "\"") : str(type_name(value), " in field \"", name, "\"");
        bad.expected = str("a string in field \"", name, "\" (--map text=NAME if it has another name)");
        return false;
      }
      if (&name != &layout.text_names.front()) document.text += '\n';
      document.text += text;
    }
    return true;
  }

  bool other_fields(const simdjson::dom::object& object, const FileLayout& layout, Document& document) {
    for (const auto& member : object) {
      if (layout.is_text(member.key)) continue;
      const KnownField* field = layout.known(member.key);
      if (field != nullptr && scalar_text(member.value, document.*field->member)) continue;
      if (!document.extra.empty()) document.extra += ',';
      const bool taken = find_known_field(member.key) != nullptr;
      append_json_string(document.extra, taken ? str("original_", member.key) : member.key);
      document.extra += ':';
      // Most are strings: minify() goes through a stream.
      std::string_view text;
      if (member.value.get(text)) {
        document.extra += simdjson::minify(member.value);
      } else {
        append_json_string(document.extra, text);
      }
    }
    return true;
  }

  simdjson::dom::parser parser_;
  std::string padded_;
};

}  // namespace

std::unique_ptr<Splitter> split_json_array(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<ArraySplitter>(std::move(input), layout);
}

bool open_json(const RawRecord& first, FileLayout& layout) {
  const std::vector<std::string> names = JsonParser().names(first.bytes);
  layout.text_names = find_text_names(names, layout.options);
  if (layout.text_names.empty()) {
    const std::string mapped = layout.options.mapped("text");
    layout.text_names = {mapped.empty() ? "text" : mapped};
  }
  return true;
}

std::unique_ptr<RecordParser> parse_json() { return std::make_unique<JsonParser>(); }

}  // namespace lmkor::corpus
