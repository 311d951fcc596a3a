// Plain text: a line is a document, blank lines only divide. Also the line splitter that JSONL shares.
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {
namespace {

class LineSplitter : public Splitter {
 public:
  explicit LineSplitter(std::unique_ptr<PeekedInput> input) : lines_(std::move(input)) {}
  bool next(RawRecord& record) override {
    std::string_view line;
    while (lines_.next(line)) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
      record = {line, lines_.line_number()};
      return true;
    }
    return false;
  }
  uint64_t stored_position() const override { return lines_.stored_position(); }

 private:
  base::LineReader lines_;
};

class TextParser : public RecordParser {
 public:
  bool parse(std::string_view bytes, const FileLayout&, Document& document, BadRecord&) override {
    document.text = bytes;
    return true;
  }
};

}  // namespace

std::unique_ptr<Splitter> split_lines(std::unique_ptr<PeekedInput> input, const FileLayout&) {
  return std::make_unique<LineSplitter>(std::move(input));
}

bool open_text(const RawRecord&, FileLayout&) { return true; }

std::unique_ptr<RecordParser> parse_text() { return std::make_unique<TextParser>(); }

}  // namespace lmkor::corpus
