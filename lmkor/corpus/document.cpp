#include "lmkor/corpus/document.h"

namespace lmkor::corpus {
namespace {

constexpr KnownField kKnownFields[] = {
    {"text", &Document::text},         {"id", &Document::id},       {"source", &Document::source},
    {"category", &Document::category}, {"donor", &Document::donor}, {"licence", &Document::licence},
    {"date", &Document::date},
};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_open_record(std::string& out, const Document& document, std::string_view text) {
  out += "{\"text\":";
  append_json_string(out, text);
  append_member(out, "id", document.id);
  append_member(out, "source", document.source);
  for (const KnownField& field : known_fields().subspan(3)) {
    const std::string& value = document.*field.member;
    if (!value.empty()) append_member(out, field.name, value);
  }
}

void close_record(std::string& out, const Document& document) {
  if (!document.extra.empty()) {
    out += ',';
    out += document.extra;
  }
  out += "}\n";
}

}  // namespace

void Document::clear() {
  for (const KnownField& field : kKnownFields) (this->*field.member).clear();
  extra.clear();
}

std::span<const KnownField> known_fields() { return kKnownFields; }

const KnownField* find_known_field(std::string_view name) {
  for (const KnownField& field : kKnownFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') [[likely]]
      continue;
    out.append(text, begin, i - begin);
    begin = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
  }
  out.append(text, begin, text.size() - begin);
  out += '"';
}

void append_record(std::string& out, const Document& document, std::string_view text) {
  append_open_record(out, document, text);
  close_record(out, document);
}

void append_origin(std::string& out, const Document& document) {
  out += '{';
  bool first = true;
  for (const KnownField& field : known_fields().subspan(1)) {
    const std::string& value = document.*field.member;
    if (value.empty()) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, field.name);
    out += ':';
    append_json_string(out, value);
  }
  out += "}\n";
}

void append_removed_record(std::string& out, const Document& document, std::string_view text, std::string_view stage,
                           std::string_view reason, std::string_view note) {
  append_open_record(out, document, text);
  append_member(out, "stage", stage);
  append_member(out, "reason", reason);
  if (!note.empty()) {
    out += ',';
    out += note;
  }
  close_record(out, document);
}

}  // namespace lmkor::corpus
