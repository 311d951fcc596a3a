// Elements of a JSON array, divided while it streams: `[ {...}, {...} ]`, or the array of one member of an object,
// whose other members are its head (Modu). Only strings and brackets are looked at; whether an element is JSON is the
// parser's matter.
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kChunkBytes = 1 << 18;

bool is_blank(char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

class ArraySplitter : public Splitter {
 public:
  // `member` is the member that holds the array, empty if the array is the file. With a member the first record is the
  // object of all that stands before it.
  ArraySplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout, std::string_view member)
      : input_(std::move(input)),
        layout_(layout),
        member_(member),
        max_bytes_(static_cast<size_t>(layout.options.max_record_bytes)),
        buffer_(2 * kChunkBytes, '\0') {}

  bool next(RawRecord& record) override {
    if (stage_ == Stage::kStart) {
      const int first = skip_blanks();
      if (first < 0) return false;
      const char wanted = member_.empty() ? '[' : '{';
      if (first != wanted) {
        fail(str("got '", static_cast<char>(first), "', expected '", wanted, "'",
                 member_.empty() ? ": JSON files hold an array" : ""));
      }
      ++at_;
      stage_ = Stage::kElements;
      if (!member_.empty()) {
        record = {read_head(), line_};
        return true;
      }
    }
    if (stage_ == Stage::kEnd) return false;
    int byte = skip_blanks();
    while (byte == ',') {
      ++at_;
      byte = skip_blanks();
    }
    if (byte == ']') {
      ++at_;
      stage_ = Stage::kEnd;
      if (!member_.empty()) skip_tail();
      if (skip_blanks() >= 0) fail("got more text after the array, expected the end of the file");
      return false;
    }
    if (byte < 0) fail("got the end of the file, expected ']'; fetch the file again, it was cut off");
    record = {{}, line_};
    const bool kept = element(record.bytes);
    if (!kept) {
      record = too_long(record.line);
    } else if (record.bytes.empty()) {  // a bracket or colon that belongs to nothing
      record.got = "a stray bracket or colon between elements";
      record.expected = "one JSON object";
      ++at_;
    }
    return true;
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  enum class Stage { kStart, kElements, kEnd };

  [[noreturn]] void fail(std::string_view what) const {
    throw base::Error(base::ErrorKind::kData, str(layout_.place(line_), ": broken JSON array: ", what));
  }

  // The members before the array as an object of their own.
  std::string_view read_head() {
    head_ = "{";
    while (true) {
      int byte = skip_blanks();
      if (byte == ',') {
        ++at_;
        byte = skip_blanks();
      }
      if (byte != '"') fail(str("got no member \"", member_, "\", expected one with an array of documents"));
      std::string_view piece;
      if (!element(piece)) fail("got a name of more than --max-record-bytes, expected a short one");
      const std::string name(piece);
      if (skip_blanks() != ':') fail(str("got no ':' after ", name, ", expected one"));
      ++at_;
      byte = skip_blanks();
      if (byte == '[' && name == str('"', member_, '"')) {
        ++at_;
        return head_ += '}';
      }
      if (!element(piece) || head_.size() + piece.size() > max_bytes_)
        fail("got a head of more than --max-record-bytes, expected a short one");
      if (head_.size() > 1) head_ += ',';
      head_.append(name).append(":").append(piece);
    }
  }

  // What follows the array in its object; Modu has nothing there.
  void skip_tail() {
    for (int byte = skip_blanks(); byte != '}'; byte = skip_blanks()) {
      if (byte < 0) fail("got the end of the file, expected '}'; fetch the file again, it was cut off");
      std::string_view ignored;
      if (byte == ',' || byte == ':' || byte == ']') {
        ++at_;
      } else {
        element(ignored);
      }
    }
    ++at_;
  }

  // Makes a byte available at at_, keeping what begins at `keep`; false at the end of the file.
  bool refill(size_t& keep) {
    std::memmove(buffer_.data(), buffer_.data() + keep, end_ - keep);
    at_ -= keep;
    end_ -= keep;
    keep = 0;
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

  // One value: a string or what brackets hold, else up to the comma, colon or bracket that ends it. False if it is too
  // long: nothing of it is kept.
  bool element(std::string_view& out) {
    size_t begin = at_;
    int64_t depth = 0;
    bool in_string = false, escaped = false, kept = true;
    while (true) {
      if (at_ == end_) {
        if (end_ - begin > max_bytes_) {
          kept = false;
          begin = at_;
        }
        if (!refill(begin))
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
          if (depth == 0) return finish_element(begin, ++at_, kept, out);
        }
      } else if (byte == '"') {
        in_string = true;
      } else if (byte == '{' || byte == '[') {
        ++depth;
      } else if (depth == 0 && (byte == ',' || byte == ']' || byte == '}' || byte == ':')) {
        return finish_element(begin, at_, kept, out);
      } else if ((byte == '}' || byte == ']') && --depth == 0) {
        return finish_element(begin, ++at_, kept, out);
      }
      line_ += byte == '\n';
      ++at_;
    }
  }

  bool finish_element(size_t begin, size_t end, bool kept, std::string_view& out) const {
    out = kept ? std::string_view(buffer_).substr(begin, end - begin) : std::string_view();
    return kept && out.size() <= max_bytes_;
  }

  std::unique_ptr<PeekedInput> input_;
  FileLayout layout_;
  std::string member_;
  size_t max_bytes_;
  std::string buffer_, head_;
  size_t at_ = 0, end_ = 0;
  uint64_t line_ = 1;
  Stage stage_ = Stage::kStart;
};

}  // namespace

std::unique_ptr<Splitter> split_json_array(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<ArraySplitter>(std::move(input), layout, "");
}

std::unique_ptr<Splitter> split_modu(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<ArraySplitter>(std::move(input), layout, "document");
}

}  // namespace lmkor::corpus
