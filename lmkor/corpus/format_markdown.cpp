// Markdown files: a file is a document. Its YAML head fills known fields and is carried: scalars as strings, lists of
// scalars joined by commas.
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {
namespace {

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0];
  return quoted ? value.substr(1, value.size() - 2) : value;
}

// The bytes of the head between its lines "---", and in `rest` what follows; false if there is none.
bool split_head(std::string_view text, std::string_view& head, std::string_view& rest) {
  if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return false;
  const size_t begin = text.find('\n') + 1;
  for (size_t at = begin; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    if (line == "---" || line == "...") {
      head = text.substr(begin, at - begin);
      rest = text.substr(std::min(end + 1, text.size()));
      return true;
    }
    at = end + 1;
  }
  return false;
}

void add_member(std::string_view name, std::string_view value, const FileLayout& layout, Document& document) {
  if (name.empty()) return;
  const KnownField* field = layout.known(name);
  if (field != nullptr && (document.*field->member).empty()) {
    document.*field->member = value;
  } else {
    append_extra(document, name, value);
  }
}

// "name: value" lines and "- item" lines below a name; deeper structure is carried as the text it is.
void take_head(std::string_view head, const FileLayout& layout, Document& document) {
  std::string_view name;
  std::string value;
  for (size_t at = 0; at < head.size();) {
    const size_t end = std::min(head.find('\n', at), head.size());
    const std::string_view line = head.substr(at, end - at);
    at = end + 1;
    const bool indented = line.starts_with(' ') || line.starts_with('\t') || line.starts_with('-');
    const size_t colon = line.find(':');
    if (!indented && colon != std::string_view::npos && !line.starts_with('#')) {
      add_member(name, value, layout, document);
      name = trimmed(line.substr(0, colon));
      value = unquoted(trimmed(line.substr(colon + 1)));
      continue;
    }
    std::string_view item = trimmed(line);
    if (item.empty() || item.starts_with('#')) continue;
    if (item.starts_with("- ")) item = unquoted(trimmed(item.substr(2)));
    if (!value.empty()) value += ", ";
    value += item;
  }
  add_member(name, value, layout, document);
}

class MarkdownParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord&) override {
    std::string_view head, rest = bytes;
    if (split_head(bytes, head, rest)) take_head(head, layout, document);
    document.text = markdown_text(rest);
    return Outcome::kGood;
  }
};

}  // namespace

std::unique_ptr<RecordParser> parse_markdown() { return std::make_unique<MarkdownParser>(); }

}  // namespace lmkor::corpus
