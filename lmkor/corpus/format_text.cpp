// Plain text: a line is a document, blank lines only divide. Also the splitters that other formats share: lines (JSONL)
// and whole files (Markdown, PO).
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {
namespace {

class LineSplitter : public Splitter {
 public:
  LineSplitter(std::unique_ptr<PeekedInput> input, size_t max_bytes) : lines_(std::move(input), max_bytes) {}
  bool next(RawRecord& record) override {
    std::string_view line;
    while (lines_.next(line)) {
      if (lines_.too_long()) {
        record = too_long(lines_.line_number());
        return true;
      }
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

class WholeSplitter : public Splitter {
 public:
  WholeSplitter(std::unique_ptr<PeekedInput> input, size_t max_bytes)
      : input_(std::move(input)), max_bytes_(max_bytes) {}
  bool next(RawRecord& record) override {
    if (done_) return false;
    done_ = true;
    while (bytes_.size() <= max_bytes_) {
      const size_t size = bytes_.size();
      bytes_.resize(size + kPeekBytes);
      const size_t got = input_->read(bytes_.data() + size, kPeekBytes);
      bytes_.resize(size + got);
      if (got == 0) break;
    }
    record = bytes_.size() > max_bytes_ ? too_long(1) : RawRecord{bytes_, 1};
    return !bytes_.empty();
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  std::unique_ptr<PeekedInput> input_;
  size_t max_bytes_;
  std::string bytes_;
  bool done_ = false;
};

class TextParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout&, Document& document, BadRecord&) override {
    document.text = bytes;
    return Outcome::kGood;
  }
};

}  // namespace

std::unique_ptr<Splitter> split_lines(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<LineSplitter>(std::move(input), static_cast<size_t>(layout.options.max_record_bytes));
}

std::unique_ptr<Splitter> split_whole(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<WholeSplitter>(std::move(input), static_cast<size_t>(layout.options.max_record_bytes));
}

bool open_text(const RawRecord&, FileLayout&) { return true; }

// Many whole files have the same name (index.md): the folder is the source, and the id says which file.
bool open_whole(const RawRecord&, FileLayout& layout) {
  const std::filesystem::path path = layout.member.empty() ? layout.path : std::filesystem::path(layout.member);
  const std::string folder = path.parent_path().filename().string();
  layout.whole_id = folder.empty() ? path.filename().string() : folder + "/" + path.filename().string();
  if (!folder.empty()) layout.source = folder;
  return true;
}

std::unique_ptr<RecordParser> parse_text() { return std::make_unique<TextParser>(); }

}  // namespace lmkor::corpus
