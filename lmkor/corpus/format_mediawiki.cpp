// Dumps of MediaWiki (export 0.10, 0.11): divided at <page>, so that a page of broken XML is one broken record, and
// each page parsed by expat. In a dump "<" of the text is always escaped: "<page>" is never part of it.
#include <algorithm>

#include <expat.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kChunkBytes = 1 << 18;
constexpr std::string_view kOpen = "<page>", kClose = "</page>", kEnd = "</mediawiki>";
// The root element stands within the first bytes, behind a declaration at most.
constexpr size_t kRootBytes = 1024;

class PageSplitter : public Splitter {
 public:
  PageSplitter(std::unique_ptr<PeekedInput> input, const FileLayout& layout)
      : input_(std::move(input)),
        layout_(layout),
        max_bytes_(static_cast<size_t>(layout.options.max_record_bytes)),
        buffer_(2 * kChunkBytes, '\0') {}

  // First what stands before the pages, then the pages.
  bool next(RawRecord& record) override {
    size_t scanned = 0;
    const size_t open = find(kOpen, scanned);
    if (!headed_) {
      headed_ = true;
      const size_t size = std::min(open == std::string_view::npos ? end_ - begin_ : open, max_bytes_);
      record = {std::string_view(buffer_).substr(begin_, size), 1};
      return size > 0;
    }
    if (open == std::string_view::npos) {
      if (!ended_) fail("expected </mediawiki>");
      return false;
    }
    consume(open);
    record = {{}, line_};
    scanned = kOpen.size();
    bool kept = true;
    while (true) {
      const size_t close = find_close(scanned, kept);
      if (close == std::string_view::npos) fail("expected </page>");
      const std::string_view bytes = std::string_view(buffer_).substr(begin_, close);
      const size_t again = kept ? bytes.find(kOpen, kOpen.size()) : std::string_view::npos;
      if (again != std::string_view::npos) {
        consume(again);
        record.got = "a page without an end";
        record.expected = "</page> before the next <page>";
        return true;
      }
      if (kept && close + kClose.size() <= max_bytes_) {
        record.bytes = std::string_view(buffer_).substr(begin_, close + kClose.size());
      } else {
        record = too_long(record.line);
      }
      consume(close + kClose.size());
      return true;
    }
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw base::Error(base::ErrorKind::kData,
                      str(layout_.place(line_), ": broken MediaWiki dump: got the end of the file, ", expected,
                          "; fetch the file again, it was cut off"));
  }

  bool refill() {
    if (begin_ > 0 && (begin_ == end_ || buffer_.size() - end_ < kChunkBytes)) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < kChunkBytes) buffer_.resize(2 * buffer_.size());
    const size_t got = input_->read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got > 0;
  }

  // Where `what` begins, from begin_ on; npos at the end of the file. What lies before a page and is no page is let go
  // once the head is read.
  size_t find(std::string_view what, size_t& scanned) {
    while (true) {
      const std::string_view have(buffer_.data() + begin_, end_ - begin_);
      const size_t found = have.find(what, scanned);
      if (found != std::string_view::npos) return found;
      if (have.find(kEnd, scanned) != std::string_view::npos) ended_ = true;
      scanned = have.size() > kEnd.size() ? have.size() - kEnd.size() : 0;
      if (headed_ && scanned > 0) {
        consume(scanned);
        scanned = 0;
      } else if (!headed_ && have.size() > max_bytes_) {
        return std::string_view::npos;
      }
      if (!refill()) return std::string_view::npos;
    }
  }

  // Where </page> begins; a page that is too long is let go on the way, and `kept` is false then.
  size_t find_close(size_t& scanned, bool& kept) {
    while (true) {
      const std::string_view have(buffer_.data() + begin_, end_ - begin_);
      const size_t found = have.find(kClose, scanned);
      if (found != std::string_view::npos) return found;
      scanned = have.size() > kClose.size() ? have.size() - kClose.size() : 0;
      if (have.size() > max_bytes_) {
        kept = false;
        consume(scanned);
        scanned = 0;
      }
      if (!refill()) return std::string_view::npos;
    }
  }

  void consume(size_t count) {
    const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    line_ += static_cast<uint64_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(count), '\n'));
    begin_ += count;
  }

  std::unique_ptr<PeekedInput> input_;
  FileLayout layout_;
  size_t max_bytes_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t line_ = 1;
  bool headed_ = false, ended_ = false;
};

struct Page {
  std::string title, space, id, revision, timestamp, model, text;
  bool redirect = false;
};

// Where in a page which element stands.
struct Element {
  int depth;
  std::string_view name;
  std::string Page::*member;
};
constexpr Element kElements[] = {
    {2, "title", &Page::title},
    {2, "ns", &Page::space},
    {2, "id", &Page::id},
    {3, "id", &Page::revision},
    {3, "timestamp", &Page::timestamp},
    {3, "model", &Page::model},
    {3, "text", &Page::text},
};

class PageParser : public RecordParser {
 public:
  PageParser() : parser_(XML_ParserCreate("UTF-8")) {}
  ~PageParser() override { XML_ParserFree(parser_); }
  PageParser(const PageParser&) = delete;
  PageParser& operator=(const PageParser&) = delete;

  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    if (!read(bytes, bad)) return Outcome::kBad;
    const std::vector<std::string>& wanted = layout.options.namespaces;
    if (std::find(wanted.begin(), wanted.end(), page_.space.empty() ? "0" : page_.space) == wanted.end()) {
      bad.got = str("page of namespace ", page_.space);
      return Outcome::kSkipped;
    }
    if (page_.redirect || is_mediawiki_redirect(page_.text)) {
      bad.got = "redirect";
      return Outcome::kSkipped;
    }
    if (!page_.model.empty() && page_.model != "wikitext") {
      bad.got = str("page of content model ", page_.model);
      return Outcome::kSkipped;
    }
    document.text = mediawiki_text(page_.text);
    document.id = page_.id;
    document.date = page_.timestamp;
    append_extra(document, "title", page_.title);
    append_extra(document, "revision", page_.revision);
    if (!page_.space.empty() && page_.space != "0") append_extra(document, "namespace", page_.space);
    return Outcome::kGood;
  }

 private:
  bool read(std::string_view bytes, BadRecord& bad) {
    page_ = {};
    depth_ = 0;
    current_ = nullptr;
    XML_ParserReset(parser_, "UTF-8");
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &PageParser::begin, &PageParser::end);
    XML_SetCharacterDataHandler(parser_, &PageParser::characters);
    if (XML_Parse(parser_, bytes.data(), static_cast<int>(bytes.size()), 1) == XML_STATUS_OK) return true;
    bad.got = str("broken XML (", XML_ErrorString(XML_GetErrorCode(parser_)), " on line ",
                  static_cast<uint64_t>(XML_GetCurrentLineNumber(parser_)), " of the page)");
    bad.expected = "a well-formed <page>";
    return false;
  }

  static void begin(void* self, const XML_Char* name, const XML_Char**) {
    auto& parser = *static_cast<PageParser*>(self);
    ++parser.depth_;
    parser.current_ = nullptr;
    // Only in the page itself and its revision: an <id> of the contributor lies deeper.
    if (parser.depth_ == 2 && std::string_view(name) == "redirect") parser.page_.redirect = true;
    for (const Element& element : kElements) {
      if (element.depth != parser.depth_ || element.name != name) continue;
      parser.current_ = &(parser.page_.*element.member);
      parser.current_->clear();  // of several revisions the last counts
    }
  }
  static void end(void* self, const XML_Char*) {
    auto& parser = *static_cast<PageParser*>(self);
    --parser.depth_;
    parser.current_ = nullptr;
  }
  static void characters(void* self, const XML_Char* text, int size) {
    auto& parser = *static_cast<PageParser*>(self);
    if (parser.current_ != nullptr) parser.current_->append(text, static_cast<size_t>(size));
  }

  XML_Parser parser_;
  Page page_;
  int depth_ = 0;
  std::string* current_ = nullptr;
};

}  // namespace

bool is_mediawiki(std::string_view first_bytes) {
  const std::string_view head = trimmed(first_bytes).substr(0, kRootBytes);
  return head.starts_with("<mediawiki") ||
         (head.starts_with("<?xml") && head.find("<mediawiki") != std::string_view::npos);
}

std::unique_ptr<Splitter> split_mediawiki(std::unique_ptr<PeekedInput> input, const FileLayout& layout) {
  return std::make_unique<PageSplitter>(std::move(input), layout);
}

bool open_mediawiki(const RawRecord& first, FileLayout& layout) {
  if (!is_mediawiki(first.bytes)) {
    throw base::Error(base::ErrorKind::kData,
                      str(layout.place(1), ": no MediaWiki dump: got \"", trimmed(first.bytes).substr(0, 40),
                          "\", expected <mediawiki> as the outermost element; turn other XML into JSON Lines"));
  }
  constexpr std::string_view kName = "<dbname>";
  const size_t name = first.bytes.find(kName);
  if (name != std::string_view::npos) {
    const size_t begin = name + kName.size();
    layout.source = first.bytes.substr(begin, std::min(first.bytes.find('<', begin), first.bytes.size()) - begin);
  }
  return false;
}

std::unique_ptr<RecordParser> parse_mediawiki() { return std::make_unique<PageParser>(); }

}  // namespace lmkor::corpus
