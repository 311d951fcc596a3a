// CSV and TSV with a header line. A field that begins with a quote ends at the next single quote (two stand for one)
// and may hold delimiters and line breaks; text after the closing quote belongs to the field, as Python's csv reads it.
#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

using base::str;

namespace {

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

// Rows that a quote without an end may cost before it is the file that is at fault: each makes up to a record's limit
// of bytes be read twice.
constexpr int kMaxOpenQuotes = 100;

// A quote that is never closed swallows all that follows: its record is broken, and reading goes on behind its first
// line.
class CsvSplitter : public Splitter {
 public:
  CsvSplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout)
      : max_bytes_(static_cast<size_t>(layout.options.max_record_bytes)),
        lines_(std::move(input), max_bytes_),
        layout_(layout) {}

  bool next(RawRecord& record) override {
    std::string_view line;
    do {
      if (!next_line(line)) return false;
      if (too_long_) {
        record = too_long(line_number_);
        return true;
      }
    } while (line.empty() || line == "\r");
    record = {line, line_number_};
    State state = scan(line, State::kFieldStart, layout_.delimiter, layout_.quotes, NoSink());
    if (state == State::kQuoted) {
      joined_ = line;
      const size_t first_line = joined_.size();
      while (state == State::kQuoted) {
        const bool more = next_line(line);
        if (!more || too_long_ || joined_.size() + line.size() > max_bytes_) {
          record = open_quote(record.line);
          owed_ = more && too_long_;
          read_again(first_line, record.line, more && !too_long_ ? &line : nullptr);
          return true;
        }
        joined_ += '\n';
        joined_ += line;
        state = scan(line, State::kQuoted, layout_.delimiter, layout_.quotes, NoSink());
      }
      record.bytes = joined_;
    }
    if (record.bytes.ends_with('\r')) record.bytes.remove_suffix(1);
    return true;
  }
  uint64_t stored_position() const override { return lines_.stored_position(); }

 private:
  // From what is read again, then from the file.
  bool next_line(std::string_view& line) {
    if (again_at_ < again_.size()) {
      const size_t end = again_.find('\n', again_at_);
      line = std::string_view(again_).substr(again_at_, end - again_at_);
      again_at_ = end + 1;
      ++line_number_;
      too_long_ = false;
      return true;
    }
    if (owed_) {
      owed_ = false;
    } else if (!lines_.next(line)) {
      return false;
    }
    too_long_ = lines_.too_long();
    line_number_ = lines_.line_number();
    return true;
  }

  RawRecord open_quote(uint64_t line) {
    if (++open_quotes_ > kMaxOpenQuotes) {
      throw base::Error(base::ErrorKind::kData,
                        str(layout_.place(line), ": quoted fields without an end: got more than ", kMaxOpenQuotes,
                            ", expected closing quotes; add --quotes none if quotes are plain characters in this "
                            "file"));
    }
    return {
        {}, line, "a quoted field without an end", "a closing quote (--quotes none if quotes are plain characters)"};
  }

  // What follows the first line of joined_ comes again, then `last`, then what was still to come again.
  void read_again(size_t first_line, uint64_t line_number, const std::string_view* last) {
    std::string again;
    if (joined_.size() > first_line) again.append(joined_, first_line + 1) += '\n';
    if (last != nullptr) again.append(*last) += '\n';
    again.append(again_, std::min(again_at_, again_.size()));
    again_ = std::move(again);
    again_at_ = 0;
    line_number_ = line_number;
  }

  size_t max_bytes_;
  base::LineReader lines_;
  FileLayout layout_;
  std::string joined_;
  std::string again_;  // lines, each with its LF
  size_t again_at_ = 0;
  uint64_t line_number_ = 0;
  bool too_long_ = false;
  bool owed_ = false;  // the line that was too long for a quoted field still counts for itself
  int open_quotes_ = 0;
};

class CsvParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    const size_t count = split_fields(bytes, layout.delimiter, layout.quotes, fields_);
    if (count != layout.columns.size()) {
      bad.got = str(count, " columns");
      bad.expected = str(layout.columns.size(), " columns");
      return Outcome::kBad;
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
      append_extra(document, name, fields_[i]);
    }
    return Outcome::kGood;
  }

 private:
  static size_t column_of(std::string_view name, const FileLayout& layout) {
    size_t column = 0;
    while (layout.columns[column] != name) ++column;
    return column;
  }
  std::vector<std::string> fields_;
};

[[noreturn]] void fail_without_header(const RawRecord& first, const FileLayout& layout) {
  throw base::Error(base::ErrorKind::kData, str(layout.place(first.line), ": broken header line: got ", first.got,
                                                ", expected ", first.expected));
}

}  // namespace

std::unique_ptr<Splitter> split_csv(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  FileLayout known = layout;
  known.quotes = layout.options.quotes != "none";
  return std::make_unique<CsvSplitter>(std::move(input), known);
}

bool open_csv(const RawRecord& first, FileLayout& layout) {
  layout.quotes = layout.options.quotes != "none";
  if (!first.got.empty()) fail_without_header(first, layout);
  layout.columns.resize(split_fields(first.bytes, layout.delimiter, layout.quotes, layout.columns));
  require_text(layout.columns, first.line, layout);
  return false;
}

std::unique_ptr<RecordParser> parse_csv() { return std::make_unique<CsvParser>(); }

}  // namespace lmkor::corpus
