#include "lmkor/config/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/config/toml.h"

namespace lmkor::config {
namespace {

using base::str;

// The parsers leave `value` as it is where the text is none.

template <class Number>
bool parse_all(std::string_view text, Number& value) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  return value = parsed, true;
}

// Numbers may be written as people do: 1e-4, 1_000_000, +3; 16k is not accepted.
bool parse_number(std::string text, double& value) {
  std::erase(text, '_');
  if (text.starts_with("+")) text.erase(0, 1);
  double parsed = 0;
  if (!parse_all(text, parsed) || !std::isfinite(parsed)) return false;
  return value = parsed, true;
}

bool parse_integer(std::string text, int64_t& value) {
  std::erase(text, '_');
  if (parse_all(text, value)) return true;
  double number = 0;  // 1e6 is an integer, too
  if (!parse_number(text, number) || number != std::floor(number) || std::abs(number) > 9e15) return false;
  value = static_cast<int64_t>(number);
  return true;
}

bool parse_bool(const std::string& text, bool& value) {
  for (const char* word : {"true", "1", "yes", "on"}) {
    if (text == word) return value = true, true;
  }
  for (const char* word : {"false", "0", "no", "off"}) {
    if (text == word) return value = false, true;
  }
  return false;
}

// Whole numbers with all their digits: 2147483647, not 2.147483647e+09.
std::string number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return str(static_cast<int64_t>(value));
  return str(value);
}

}  // namespace

Limits at_least(double low) { return {.low = low, .choices = {}}; }
Limits more_than(double low) { return {.low = low, .low_open = true, .choices = {}}; }
Limits between(double low, double high) { return {.low = low, .high = high, .choices = {}}; }
Limits share() { return between(0, 1); }
Limits below_one() { return {.low = 0, .high = 1, .high_open = true, .choices = {}}; }
Limits one_of(std::vector<std::string> choices) { return {.choices = std::move(choices)}; }
Limits required() { return {.choices = {}, .required = true}; }

std::string Field::flag() const {
  std::string out = "--" + path;
  for (char& c : out) {
    if (c == '.' || c == '_') c = '-';
  }
  return out;
}

std::string Field::environment() const {
  std::string out = "LMKOR_" + path;
  for (char& c : out) c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

const char* Field::type() const {
  static constexpr const char* kNames[] = {"bool", "integer", "number", "string", "list"};
  return kNames[target.index()];
}

std::string Field::toml() const {
  return std::visit(
      [](auto* value) -> std::string {
        using T = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return toml_string(*value);
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          std::vector<std::string> quoted;
          for (const std::string& item : *value) quoted.push_back(toml_string(item));
          return "[" + base::join(quoted, ", ") + "]";
        } else if constexpr (std::is_same_v<T, double>) {
          std::string text = number_text(*value);
          if (text.find_first_of(".en") == std::string::npos) text += ".0";
          return text;
        } else {
          return str(*value);
        }
      },
      target);
}

std::string Field::legal() const {
  if (!limits.choices.empty()) return str("one of ", base::join(limits.choices, ", "));
  if (limits.required) return "must be given";
  const bool low = std::isfinite(limits.low), high = std::isfinite(limits.high);
  const std::string low_text = number_text(limits.low), high_text = number_text(limits.high);
  if (low && high) {
    return str(limits.low_open ? "more than " : "from ", low_text, limits.high_open ? " to below " : " to ", high_text);
  }
  if (low) return str(limits.low_open ? "more than " : "at least ", low_text);
  if (high) return str(limits.high_open ? "less than " : "at most ", high_text);
  return "";
}

void Faults::add(std::string text) { texts_.push_back(std::move(text)); }

void Faults::raise(std::string_view what) const {
  if (texts_.empty()) return;
  std::string message = texts_.size() == 1 ? texts_[0] : str(what, ": ", texts_.size(), " faults");
  if (texts_.size() > 1) {
    for (const std::string& text : texts_) message += "\n  " + text;
  }
  throw base::Error(base::ErrorKind::kConfig, message);
}

void Fields::put(std::string_view name, Target target, std::string_view help, Limits limits, bool positional) {
  Field field{prefix_ + std::string(name), target, std::string(help), std::move(limits), "", "built-in", positional};
  field.built_in = field.toml();
  fields_.push_back(std::move(field));
}

void Fields::add(std::string_view name, bool& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), false);
}
void Fields::add(std::string_view name, int64_t& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), false);
}
void Fields::add(std::string_view name, double& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), false);
}
void Fields::add(std::string_view name, std::string& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), false);
}
void Fields::add(std::string_view name, std::vector<std::string>& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), false);
}
void Fields::positional(std::string_view name, std::vector<std::string>& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), true);
}
void Fields::positional(std::string_view name, std::string& value, std::string_view help, Limits limits) {
  put(name, &value, help, std::move(limits), true);
}

Field* Fields::find(std::string_view path) {
  for (Field& field : fields_) {
    if (field.path == path) return &field;
  }
  return nullptr;
}

std::string Fields::nearest(std::string_view path) const {
  std::vector<std::string> paths;
  for (const Field& field : fields_) paths.push_back(field.path);
  std::string found = base::nearest(path, paths);
  if (!found.empty()) return found;
  // The right name under a wrong section is a common slip.
  const std::string_view leaf = path.substr(path.rfind('.') + 1);
  for (const std::string& known : paths) {
    if (known == leaf || known.ends_with(str(".", leaf))) return known;
  }
  return "";
}

void Fields::set(std::string_view path, const std::vector<std::string>& texts, const std::string& origin,
                 Faults& faults) {
  Field* field = find(path);
  if (field == nullptr) {
    const std::string near = nearest(path);
    faults.add(str(origin, ": unknown setting '", path, "'", near.empty() ? "" : str("; did you mean '", near, "'?")));
    return;
  }
  const std::string text = texts.empty() ? "" : texts.back();
  const bool understood = std::visit(
      [&](auto* value) {
        using T = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) return parse_bool(text, *value);
        if constexpr (std::is_same_v<T, int64_t>) return parse_integer(text, *value);
        if constexpr (std::is_same_v<T, double>) return parse_number(text, *value);
        if constexpr (std::is_same_v<T, std::string>) return *value = text, true;
        if constexpr (std::is_same_v<T, std::vector<std::string>>) return *value = texts, true;
        return false;
      },
      field->target);
  if (!understood) {
    static constexpr const char* kExpected[] = {"true or false", "a whole number", "a number", "text", "a list"};
    faults.add(str(origin, ": ", path, ": got '", text, "', expected ", kExpected[field->target.index()]));
    return;
  }
  field->origin = origin;
}

void Fields::check(Faults& faults) const {
  for (const Field& field : fields_) {
    const Limits& limits = field.limits;
    const auto outside = [&](double value) {
      return value < limits.low || value > limits.high || (limits.low_open && value <= limits.low) ||
             (limits.high_open && value >= limits.high) || std::isnan(value);
    };
    bool wrong = false, missing = false;
    std::visit(
        [&](auto* value) {
          using T = std::remove_pointer_t<decltype(value)>;
          if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double>) {
            wrong = outside(static_cast<double>(*value));
          } else if constexpr (std::is_same_v<T, std::string>) {
            missing = limits.required && value->empty();
            wrong = !limits.choices.empty() &&
                    std::find(limits.choices.begin(), limits.choices.end(), *value) == limits.choices.end();
          } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            missing = limits.required && value->empty();
            for (const std::string& item : *value) {
              wrong |= !limits.choices.empty() &&
                       std::find(limits.choices.begin(), limits.choices.end(), item) == limits.choices.end();
            }
          }
        },
        field.target);
    if (missing) {
      faults.add(str(field.flag(), " is missing: ", field.help));
    } else if (wrong) {
      faults.add(str(field.origin, ": ", field.path, ": got ", field.toml(), ", expected ", field.legal()));
    }
  }
  for (const auto& rule : rules_) rule(faults);
}

}  // namespace lmkor::config
