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

// A scalar as the text that Fields::set() understands; empty optional for tables and dates.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return str(number->get());
  if (const auto* number = node.as_floating_point()) return str(number->get());
  if (const auto* flag = node.as_boolean()) return str(flag->get());
  return std::nullopt;
}

void walk(const toml::table& table, const std::string& prefix, const std::string& file, Fields& fields,
          Faults& faults) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + std::string(key.str());
    const std::string origin = str(file, ":", node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      walk(*inner, path + ".", file, fields, faults);
    } else if (const auto* list = node.as_array()) {
      std::vector<std::string> texts;
      for (const toml::node& item : *list) {
        if (const auto text = scalar_text(item)) texts.push_back(*text);
      }
      fields.set(path, texts, origin, faults);
    } else if (const auto text = scalar_text(node)) {
      const Field* field = fields.find(path);
      const bool quoted_number = field != nullptr && node.is_string() && field->target.index() <= 2;
      if (quoted_number) {
        faults.add(str(origin, ": ", path, ": got a string, expected ", field->type(), " without quotes"));
      } else {
        fields.set(path, {*text}, origin, faults);
      }
    } else {
      faults.add(str(origin, ": ", path, ": got a date or time, which no setting takes"));
    }
  }
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
    walk(toml::parse(text, path.string()), "", path.string(), fields, faults);
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
