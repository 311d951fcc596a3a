// Records that are JSON objects, parsed by simdjson into buffers that are used again. For the formats over JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "lmkor/corpus/reader.h"

namespace lmkor::corpus {

class JsonRecord {
 public:
  // False with `bad` set if `bytes` is no JSON object. `object` is valid until the next call.
  bool parse(std::string_view bytes, simdjson::dom::object& object, BadRecord& bad);
  // The names of its members, empty if it is no object.
  std::vector<std::string> names(std::string_view bytes);

 private:
  simdjson::dom::parser parser_;
  std::string padded_;
};

// A scalar as text; false for objects and arrays. null is empty.
bool scalar_text(const simdjson::dom::element& value, std::string& out);
// "a string", "an array", ...
const char* type_name(const simdjson::dom::element& value);
// Fills a known field from a scalar and carries everything else in Document::extra.
void take_member(std::string_view name, const simdjson::dom::element& value, const KnownField* field,
                 Document& document);

}  // namespace lmkor::corpus
