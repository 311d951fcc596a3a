// The JSON dump of Namuwiki: an array of {"namespace", "title", "text", "contributors"}; the text is Namu markup.
#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/json_record.h"
#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {

using base::str;

namespace {

// Articles are in namespace 0; some dumps name it.
bool is_wanted(const std::string& name, const ReadOptions& options) {
  const std::string number = name.empty() || name == "문서" ? "0" : name;
  return std::find(options.namespaces.begin(), options.namespaces.end(), number) != options.namespaces.end();
}

class NamuwikiParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    simdjson::dom::object object;
    if (!record_.parse(bytes, object, bad)) return Outcome::kBad;
    std::string_view text;
    if (object["text"].get(text) != simdjson::SUCCESS) {
      bad.got = "no text";
      bad.expected = "a string in field \"text\"";
      return Outcome::kBad;
    }
    std::string space;
    simdjson::dom::element value;
    if (object["namespace"].get(value) == simdjson::SUCCESS) scalar_text(value, space);
    if (!is_wanted(space, layout.options)) {
      bad.got = str("page of namespace ", space);
      return Outcome::kSkipped;
    }
    if (is_namuwiki_redirect(text)) {
      bad.got = "redirect";
      return Outcome::kSkipped;
    }
    document.text = namuwiki_text(text);
    for (const auto& member : object) {
      if (member.key == "text") continue;
      take_member(member.key, member.value, layout.known(member.key), document);
    }
    return Outcome::kGood;
  }

 private:
  JsonRecord record_;
};

}  // namespace

bool is_namuwiki(std::string_view first_bytes) {
  const size_t start = first_bytes.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || first_bytes[start] != '[') return false;
  const size_t object = first_bytes.find_first_not_of(" \t\r\n", start + 1);
  if (object == std::string_view::npos || first_bytes[object] != '{') return false;
  const size_t space = first_bytes.find("\"namespace\"", object), title = first_bytes.find("\"title\"", object);
  const size_t text = first_bytes.find("\"text\"", object);
  return std::max({space, title, text}) != std::string_view::npos && std::max(space, title) < text;
}

std::unique_ptr<RecordParser> parse_namuwiki() { return std::make_unique<NamuwikiParser>(); }

}  // namespace lmkor::corpus
