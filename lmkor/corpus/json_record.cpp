#include "lmkor/corpus/json_record.h"

#include <cstring>

#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

using base::str;

bool JsonRecord::parse(std::string_view bytes, simdjson::dom::object& object, BadRecord& bad) {
  padded_.resize(bytes.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded_.data(), bytes.data(), bytes.size());
  simdjson::dom::element root;
  bad.expected = "one JSON object";
  if (const auto error = parser_.parse(padded_.data(), bytes.size(), false).get(root)) {
    bad.got = str("no valid JSON (", simdjson::error_message(error), ")");
    return false;
  }
  if (root.get(object) == simdjson::SUCCESS) return true;
  bad.got = type_name(root);
  return false;
}

std::vector<std::string> JsonRecord::names(std::string_view bytes) {
  std::vector<std::string> out;
  simdjson::dom::object object;
  BadRecord ignored;
  if (!parse(bytes, object, ignored)) return out;
  for (const auto& member : object) out.emplace_back(member.key);
  return out;
}

// A scalar as text; false for objects and arrays. null is empty.
bool scalar_text(const simdjson::dom::element& value, std::string& out) {
  if (value.is_string()) {
    out = std::string_view(value.get_string());
  } else if (value.is_null()) {
    out.clear();
  } else if (value.is_object() || value.is_array()) {
    return false;
  } else {
    out = simdjson::minify(value);
  }
  return true;
}

const char* type_name(const simdjson::dom::element& value) {
  switch (value.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a truth value";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

void take_member(std::string_view name, const simdjson::dom::element& value, const KnownField* field,
                 Document& document) {
  if (field != nullptr && scalar_text(value, document.*field->member)) return;
  // Most are strings: minify() goes through a stream.
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    append_extra(document, name, text);
  } else {
    append_extra_json(document, name, simdjson::minify(value));
  }
}

}  // namespace lmkor::corpus
