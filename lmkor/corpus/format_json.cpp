// JSON objects with a member of text: elements of an array, lines of JSONL, rows of Parquet.
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/json_record.h"

namespace lmkor::corpus {

using base::str;

namespace {

class JsonParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    simdjson::dom::object object;
    if (!record_.parse(bytes, object, bad) || !joined_text(object, layout, document, bad)) return Outcome::kBad;
    for (const auto& member : object) {
      if (!layout.is_text(member.key)) take_member(member.key, member.value, layout.known(member.key), document);
    }
    return Outcome::kGood;
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

  JsonRecord record_;
};

}  // namespace

bool open_json(const RawRecord& first, FileLayout& layout) {
  layout.text_names = find_text_names(JsonRecord().names(first.bytes), layout.options);
  if (layout.text_names.empty()) {
    const std::string mapped = layout.options.mapped("text");
    layout.text_names = {mapped.empty() ? "text" : mapped};
  }
  return true;
}

std::unique_ptr<RecordParser> parse_json() { return std::make_unique<JsonParser>(); }

}  // namespace lmkor::corpus
