#include "lmkor/serve/schema.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/str.h"

namespace lmkor::serve {
namespace {

using base::Json;
using base::str;

const char* kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a bool";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::number_float:
      return "a number";
    default:
      return "an integer";
  }
}

bool is_type(const Json& value, std::string_view type) {
  // As JSON Schema has it, 1.0 is an integer.
  if (type == "integer") {
    return value.is_number_integer() ||
           (value.is_number_float() && value.get<double>() == std::floor(value.get<double>()));
  }
  return (type == "number" && value.is_number()) || (type == "string" && value.is_string()) ||
         (type == "boolean" && value.is_boolean()) || (type == "array" && value.is_array()) ||
         (type == "object" && value.is_object()) || (type == "null" && value.is_null());
}

std::string name_of_type(const std::string& type) {
  if (type == "array") return "a list";
  if (type == "boolean") return "a bool";
  if (type == "null") return type;
  return (type == "integer" || type == "object" ? "an " : "a ") + type;
}

class Check {
 public:
  explicit Check(const Json& components) : components_(components) {}

  std::string fault(const Json& schema, const Json& value, const std::string& at) const {
    if (schema.contains("$ref")) return fault(resolved(schema), value, at);
    const std::string where = at.empty() ? "the body" : at;
    if (schema.contains("anyOf")) return any(schema["anyOf"], value, at);
    if (schema.contains("type")) {
      const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
      const bool fits =
          std::any_of(types.begin(), types.end(), [&](const Json& t) { return is_type(value, t.get<std::string>()); });
      if (!fits) {
        std::vector<std::string> names;
        for (const Json& type : types) names.push_back(name_of_type(type));
        return str(where, ": got ", kind_of(value), ", expected ", base::join(names, " or "));
      }
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
      std::vector<std::string> choices;
      for (const Json& choice : schema["enum"]) choices.push_back(choice.dump());
      return str(where, ": got ", value.dump(), ", expected one of ", base::join(choices, ", "));
    }
    if (value.is_number()) return number(schema, value, where);
    if (value.is_string() && schema.contains("minLength") && value.get_ref<const std::string&>().empty()) {
      empty_ = true;
      return str(where, ": got an empty string, expected text");
    }
    if (value.is_array()) return list(schema, value, at, where);
    if (value.is_object()) return object(schema, value, at);
    return "";
  }

 private:
  const Json& resolved(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    const std::string ref = schema["$ref"];
    return components_.at(ref.substr(ref.rfind('/') + 1));
  }

  // The fault of the alternative that fits the value's type, else one that names all types.
  std::string any(const Json& alternatives, const Json& value, const std::string& at) const {
    std::string deepest;
    std::vector<std::string> names;
    for (const Json& alternative : alternatives) {
      const std::string found = fault(alternative, value, at);
      if (found.empty()) return "";
      const std::string type = resolved(alternative).value("type", "");
      if (!type.empty() && is_type(value, type)) deepest = found;
      const std::string name = alternative.value("description", type.empty() ? "something else" : name_of_type(type));
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (!deepest.empty()) return deepest;
    return str(at.empty() ? "the body" : at, ": got ", kind_of(value), ", expected ", base::join(names, " or "));
  }

  static std::string number(const Json& schema, const Json& value, const std::string& where) {
    const double number = value.get<double>();
    if (schema.contains("minimum") && number < schema["minimum"].get<double>()) {
      return str(where, ": got ", value.dump(), ", expected at least ", schema["minimum"].dump());
    }
    if (schema.contains("maximum") && number > schema["maximum"].get<double>()) {
      return str(where, ": got ", value.dump(), ", expected at most ", schema["maximum"].dump());
    }
    return "";
  }

  std::string list(const Json& schema, const Json& value, const std::string& at, const std::string& where) const {
    if (value.size() < schema.value("minItems", size_t{0})) {
      empty_ = value.empty();
      return str(where, ": got ", value.empty() ? "an empty list" : str(value.size(), " items"), ", expected at least ",
                 schema["minItems"].dump(), value.empty() ? "" : " items");
    }
    if (value.size() > schema.value("maxItems", SIZE_MAX)) {
      return str(where, ": got ", value.size(), " items, expected at most ", schema["maxItems"].dump());
    }
    if (!schema.contains("items")) return "";
    for (size_t i = 0; i < value.size(); ++i) {
      std::string found = fault(schema["items"], value[i], str(at, "[", i, "]"));
      if (!found.empty()) return found;
    }
    return "";
  }

  std::string object(const Json& schema, const Json& value, const std::string& at) const {
    const std::string prefix = at.empty() ? "" : at + ".";
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name.get<std::string>())) return str(prefix, name.get<std::string>(), ": is missing");
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, member] : value.items()) {
      const auto found = properties.find(name);
      if (found == properties.end()) {
        if (schema.value("additionalProperties", true)) continue;
        return str(prefix, name, ": is not known here");
      }
      std::string wrong = fault(*found, member, prefix + name);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  const Json& components_;
  mutable bool empty_ = false;  // whether the fault found last is of that kind

 public:
  bool empty() const { return empty_; }
};

}  // namespace

SchemaFault schema_fault(const Json& schema, const Json& components, const Json& value) {
  const Check check(components);
  std::string text = check.fault(schema, value, "");
  const bool empty = !text.empty() && check.empty();
  return {std::move(text), empty};
}

}  // namespace lmkor::serve
