// CSV and TSV with a header line. A field that begins with a quote ends at the next single quote (two stand for one)
// and may hold delimiters and line breaks; text after the closing quote belongs to the field, as Python's csv reads it.
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

using base::str;

namespace {

// A quote that is never closed swallows the rest of a file; no real field is this long.
constexpr size_t kMaxRecordBytes = 64 << 20;

// Where reading stands between two bytes of a record.
enum class State { kFieldStart, kPlain, kQuoted, kQuoteInQuoted };

// Passes over `bytes` and says where it ends; fields and their bytes go to `sink`.
template <class Sink>
State scan(std::string_view bytes, State state, char delimiter, bool quotes, Sink&& sink) {
  for (const char byte : bytes) {
    switch (state) {
      case State::kFieldStart:
        if (byte == '"' && quotes) {
          state = State::kQuoted;
          continue;
        }
        state = State::kPlain;
        break;
      case State::kQuoted:
        if (byte == '"') {
          state = State::kQuoteInQuoted;
        } else {
          sink.put(byte);
        }
        continue;
      case State::kQuoteInQuoted:
        if (byte == '"') {
          sink.put(byte);
          state = State::kQuoted;
          continue;
        }
        state = State::kPlain;
        break;
      case State::kPlain:
        break;
    }
    if (byte == delimiter) {
      sink.end_field();
      state = State::kFieldStart;
    } else {
      sink.put(byte);
    }
  }
  return state;
}

struct NoSink {
  void put(char) {}
  void end_field() {}
};

struct FieldSink {
  std::vector<std::string>& fields;
  size_t count = 0;
  void put(char byte) { fields[count].push_back(byte); }
  void end_field() {
    ++count;
    begin_field();
  }
  void begin_field() {
    if (fields.size() <= count) fields.resize(count + 1);
    fields[count].clear();
  }
};

// The fields of `record` in the first places of `fields`; returns their number.
size_t split_fields(std::string_view record, char delimiter, bool quotes, std::vector<std::string>& fields) {
  FieldSink sink{fields};
  sink.begin_field();
  scan(record, State::kFieldStart, delimiter, quotes, sink);
  return sink.count + 1;
}

class CsvSplitter : public Splitter {
 public:
  CsvSplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout)
      : lines_(std::move(input)), layout_(layout) {}

  bool next(RawRecord& record) override {
    std::string_view line;
    do {
      if (!lines_.next(line)) return false;
    } while (line.empty() || line == "\r");
    record.line = lines_.line_number();
    State state = scan(line, State::kFieldStart, layout_.delimiter, layout_.quotes, NoSink());
    if (state != State::kQuoted) {
      record.bytes = without_return(line);
      return true;
    }
    joined_ = line;
    while (state == State::kQuoted) {
      if (joined_.size() > kMaxRecordBytes || !lines_.next(line)) {
        throw base::Error(base::ErrorKind::kData,
                          str(layout_.place(record.line), ": quoted field without an end: got ",
                              joined_.size() > kMaxRecordBytes ? "64 MiB" : "the end of the file",
                              ", expected a closing quote; mend the line, or add --quotes none if quotes are plain "
                              "characters in this file"));
      }
      joined_ += '\n';
      joined_ += line;
      state = scan(line, State::kQuoted, layout_.delimiter, layout_.quotes, NoSink());
    }
    record.bytes = without_return(joined_);
    return true;
  }
  uint64_t stored_position() const override { return lines_.stored_position(); }

 private:
  static std::string_view without_return(std::string_view record) {
    if (record.ends_with('\r')) record.remove_suffix(1);
    return record;
  }

  base::LineReader lines_;
  FileLayout layout_;
  std::string joined_;
};

class CsvParser : public RecordParser {
 public:
  bool parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    const size_t count = split_fields(bytes, layout.delimiter, layout.quotes, fields_);
    if (count != layout.columns.size()) {
      bad.got = str(count, " columns");
      bad.expected = str(layout.columns.size(), " columns");
      return false;
    }
    for (const std::string& name : layout.text_names) {
      if (&name != &layout.text_names.front()) document.text += '\n';
      document.text += fields_[column_of(name, layout)];
    }
    for (size_t i = 0; i < count; ++i) {
      const std::string& name = layout.columns[i];
      if (layout.is_text(name)) continue;
      if (const KnownField* field = layout.known(name)) {
        document.*field->member = fields_[i];
        continue;
      }
      if (!document.extra.empty()) document.extra += ',';
      append_json_string(document.extra, find_known_field(name) != nullptr ? "original_" + name : name);
      document.extra += ':';
      append_json_string(document.extra, fields_[i]);
    }
    return true;
  }

 private:
  static size_t column_of(std::string_view name, const FileLayout& layout) {
    size_t column = 0;
    while (layout.columns[column] != name) ++column;
    return column;
  }
  std::vector<std::string> fields_;
};

}  // namespace

std::unique_ptr<Splitter> split_csv(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  FileLayout known = layout;
  known.quotes = layout.options.quotes != "none";
  return std::make_unique<CsvSplitter>(std::move(input), known);
}

bool open_csv(const RawRecord& first, FileLayout& layout) {
  layout.quotes = layout.options.quotes != "none";
  layout.columns.resize(split_fields(first.bytes, layout.delimiter, layout.quotes, layout.columns));
  layout.text_names = find_text_names(layout.columns, layout.options);
  if (layout.text_names.empty()) {
    const std::string mapped = layout.options.mapped("text");
    throw base::Error(
        base::ErrorKind::kData,
        str(layout.place(first.line), ": no column of text: got columns ", base::join(layout.columns, ", "),
            "; expected ", mapped.empty() ? str("one of ", base::join(text_names(), ", ")) : mapped,
            "; name it with --map text=COLUMN"));
  }
  return false;
}

bool open_tsv(const RawRecord& first, FileLayout& layout) { return open_csv(first, layout); }

std::unique_ptr<RecordParser> parse_csv() { return std::make_unique<CsvParser>(); }

}  // namespace lmkor::corpus
