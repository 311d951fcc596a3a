#include "lmkor/config/toml.h"

#include <algorithm>
#include <map>
#include <optional>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::config {
namespace {

using base::str;

// A scalar as the text that Fields::set() understands; nothing for tables, lists and dates.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return str(number->get());
  if (const auto* number = node.as_floating_point()) return str(number->get());
  if (const auto* flag = node.as_boolean()) return str(flag->get());
  return std::nullopt;
}

const char* toml_type(const toml::node& node) {
  if (node.is_string()) return "a string";
  if (node.is_boolean()) return "true or false";
  if (node.is_integer() || node.is_floating_point()) return "a number";
  return node.is_array() ? "a list" : "a date or time";
}

bool is_list(const Field& field) { return field.type() == std::string_view("list"); }

// Whether `node` may become the value of `field`. A single string is also a list of one.
bool fits(const toml::node& node, const Field& field) {
  const std::string_view type = field.type();
  if (type == "bool") return node.is_boolean();
  if (type == "integer" || type == "number") return node.is_integer() || node.is_floating_point();
  if (!node.is_array()) return node.is_string();
  return is_list(field) &&
         std::ranges::all_of(*node.as_array(), [](const toml::node& item) { return item.is_string(); });
}

const char* expected_type(const Field& field) {
  static constexpr const char* kNames[] = {"true or false", "a whole number without quotes", "a number without quotes",
                                           "a string in quotes", "a list of strings"};
  return kNames[field.target.index()];
}

struct Entry {
  std::string path;
  const toml::node* node;
};

void collect(const toml::table& table, const std::string& prefix, std::vector<Entry>& entries) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      collect(*inner, path + ".", entries);
    } else {
      entries.push_back({path, &node});
    }
  }
}

void set_entry(const Entry& entry, const std::string& file, Fields& fields, Faults& faults) {
  const auto& [path, node] = entry;
  const std::string origin = str(file, ":", node->source().begin.line);
  const Field* field = fields.find(path);
  std::vector<std::string> texts;
  if (field != nullptr && !fits(*node, *field)) {
    const bool mixed = node->is_array() && is_list(*field);
    faults.add(str(origin, ": ", path, ": got ", mixed ? "a list with other things" : toml_type(*node), ", expected ",
                   expected_type(*field)));
    return;
  }
  if (const auto* list = node->as_array()) {
    for (const toml::node& item : *list) texts.push_back(scalar_text(item).value_or(""));
  } else {
    texts.push_back(scalar_text(*node).value_or(""));
  }
  fields.set(path, texts, origin, faults);
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      out += str("\\u00", kDigits[byte >> 4], kDigits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

void read_toml(Fields& fields, const std::filesystem::path& path, Faults& faults) {
  const std::string text = base::read_file(path);
  try {
    const toml::table table = toml::parse(text, path.string());
    std::vector<Entry> entries;
    collect(table, "", entries);
    // The parser sorts by key; faults are told in the order of the lines.
    std::ranges::stable_sort(entries, {}, [](const Entry& entry) { return entry.node->source().begin.line; });
    for (const Entry& entry : entries) set_entry(entry, path.string(), fields, faults);
  } catch (const toml::parse_error& error) {
    faults.add(str(path.string(), ":", error.source().begin.line, ": not valid TOML: ", error.description()));
  }
}

std::string to_toml(const Fields& fields, bool origins) {
  // Top-level keys first, as TOML demands, then one table per section in order of first appearance.
  std::vector<std::string> sections = {""};
  std::map<std::string, std::string> bodies;
  for (const Field& field : fields.all()) {
    const size_t dot = field.path.rfind('.');
    const std::string section = dot == std::string::npos ? "" : field.path.substr(0, dot);
    const std::string key = dot == std::string::npos ? field.path : field.path.substr(dot + 1);
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) sections.push_back(section);
    std::string line = str(key, " = ", field.toml());
    if (origins) {
      if (line.size() < 40) line.append(40 - line.size(), ' ');
      line += str("  # ", field.origin);
    }
    bodies[section] += line + "\n";
  }
  std::string out;
  for (const std::string& section : sections) {
    if (bodies[section].empty()) continue;
    if (!out.empty()) out += "\n";
    if (!section.empty()) out += str("[", section, "]\n");
    out += bodies[section];
  }
  return out;
}

}  // namespace lmkor::config
