// The corpora of the National Institute of Korean Language (Modu corpus): one object a file, {"id", "metadata",
// "document": [...]}, and in a document paragraphs (newspaper, written, web) or utterances (spoken, messenger) with a
// "form". The letters before RW in the id tell the corpus, as in ko-nlp/Korpora.
#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/json_record.h"

namespace lmkor::corpus {

using base::str;

namespace {

struct Kind {
  char letter;
  std::string_view source;
};
constexpr Kind kKinds[] = {
    {'N', "modu-newspaper"}, {'W', "modu-written"}, {'S', "modu-spoken"}, {'M', "modu-messenger"}, {'E', "modu-web"},
};
constexpr std::string_view kSpoken = "modu-spoken";
constexpr const char* kUnitNames[] = {"paragraph", "utterance", "sentence"};

// The known fields that a document's metadata holds under names of its own.
struct MetadataName {
  const char* name;
  std::string Document::*member;
};
constexpr MetadataName kMetadataNames[] = {{"topic", &Document::category}, {"date", &Document::date}};

std::string source_of(std::string_view id) {
  if (id.size() < 4 || id.substr(2, 2) != "RW") return "";
  for (const Kind& kind : kKinds) {
    if (id[0] == kind.letter) return std::string(kind.source);
  }
  return "";
}

class ModuParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    simdjson::dom::object object;
    if (!record_.parse(bytes, object, bad)) return Outcome::kBad;
    const char* unit_name = nullptr;
    simdjson::dom::array units;
    for (const char* name : kUnitNames) {
      if (unit_name == nullptr && object.at_key(name).get(units) == simdjson::SUCCESS) unit_name = name;
    }
    if (unit_name == nullptr) {
      bad.got = "a document without paragraphs";
      bad.expected = str("an array \"", base::join(kUnitNames, "\", \""), "\"");
      return Outcome::kBad;
    }
    const bool whole = join_units(units, layout.source == kSpoken, document.text);
    for (const auto& member : object) {
      simdjson::dom::object metadata;
      if (member.key == unit_name) {
        carry_units(unit_name, units, document);
      } else if (member.key == "metadata" && member.value.get(metadata) == simdjson::SUCCESS) {
        take_metadata(metadata, document);
      } else {
        take_member(member.key, member.value, layout.known(member.key), document);
      }
    }
    if (whole) return Outcome::kGood;
    bad.got = str("a ", unit_name, " without text");
    bad.expected = "a string in field \"form\"";
    return document.text.empty() ? Outcome::kBad : Outcome::kRepaired;
  }

 private:
  // One paragraph, message or turn a line; what one speaker says in several pieces is one turn. False if a unit has no
  // form.
  static bool join_units(const simdjson::dom::array& units, bool spoken, std::string& text) {
    bool whole = true;
    std::string_view speaker;
    for (const simdjson::dom::element unit : units) {
      std::string_view form, who;
      if (unit["form"].get(form) != simdjson::SUCCESS) whole = false;
      if (unit["speaker_id"].get(who) != simdjson::SUCCESS) who = {};
      if (form.find_first_not_of(" \t\n") == std::string_view::npos) continue;
      if (!text.empty()) text += spoken && who == speaker ? ' ' : '\n';
      text += form;
      speaker = who;
    }
    return whole;
  }

  // Speakers, times and what else a unit has besides its number and its text.
  static void carry_units(const char* name, const simdjson::dom::array& units, Document& document) {
    std::string json = "[";
    bool more = false;
    for (const simdjson::dom::element unit : units) {
      simdjson::dom::object members;
      if (unit.get(members) != simdjson::SUCCESS) continue;
      std::string_view form;
      if (unit["form"].get(form) != simdjson::SUCCESS) form = {};
      if (json.size() > 1) json += ',';
      json += '{';
      bool first = true;
      for (const auto& member : members) {
        std::string_view text;
        const bool is_string = member.value.get(text) == simdjson::SUCCESS;
        if (member.key == "form" || (member.key == "original_form" && is_string && text == form)) continue;
        more = more || member.key != "id";
        if (!first) json += ',';
        first = false;
        append_json_string(json, member.key);
        json += ':';
        is_string ? append_json_string(json, text) : void(json += simdjson::minify(member.value));
      }
      json += '}';
    }
    json += ']';
    if (more) append_extra_json(document, name, json);
  }

  static void take_metadata(const simdjson::dom::object& metadata, Document& document) {
    for (const auto& member : metadata) {
      const KnownField* field = nullptr;
      KnownField renamed{};
      for (const MetadataName& row : kMetadataNames) {
        if (member.key == row.name) {
          renamed = {row.name, row.member};
          field = &renamed;
        }
      }
      take_member(member.key, member.value, field, document);
    }
  }

  JsonRecord record_;
};

}  // namespace

bool is_modu(std::string_view first_bytes) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto next = [&](size_t at) { return std::min(first_bytes.find_first_not_of(kBlanks, at), first_bytes.size()); };
  const auto is = [&](size_t at, char byte) { return at < first_bytes.size() && first_bytes[at] == byte; };
  if (!is(next(0), '{')) return false;
  const size_t name = first_bytes.find("\"document\"");
  if (name == std::string_view::npos) return false;
  const size_t colon = next(name + 10);
  const size_t array = next(colon + 1);
  return is(colon, ':') && is(array, '[') && is(next(array + 1), '{');
}

bool open_modu(const RawRecord& first, FileLayout& layout) {
  JsonRecord record;
  simdjson::dom::object head, metadata;
  BadRecord bad;
  if (!record.parse(first.bytes, head, bad)) return false;
  std::string_view id, category;
  if (head["id"].get(id) == simdjson::SUCCESS) {
    const std::string source = source_of(id);
    if (!source.empty()) layout.source = source;
  }
  if (head["metadata"].get(metadata) == simdjson::SUCCESS && metadata["category"].get(category) == simdjson::SUCCESS) {
    layout.category = category;
  }
  append_json_string(layout.extra, "corpus");
  layout.extra += str(':', std::string(simdjson::minify(head)));
  return false;
}

std::unique_ptr<RecordParser> parse_modu() { return std::make_unique<ModuParser>(); }

}  // namespace lmkor::corpus
