// JSON for settings, manifests and results (nlohmann), read and written with errors of ours. Corpora are read with
// simdjson in corpus/ instead.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

namespace lmkor::base {

// Keys keep the order in which they were written, so files read well and are equal from run to run.
using Json = nlohmann::ordered_json;

// Throws kData naming `origin`, line and byte of the line.
Json parse_json(std::string_view text, std::string_view origin);
Json read_json(const std::filesystem::path& path);
// Pretty, two blanks, UTF-8 as it is, a final line break; complete or absent.
void write_json(const std::filesystem::path& path, const Json& value);
// The member `key` of object `value`; throws kData naming origin and key where it is missing or of another type.
template <class T>
T json_get(const Json& value, const char* key, std::string_view origin);

[[noreturn]] void fail_json_member(const char* key, std::string_view origin, bool missing);

template <class T>
T json_get(const Json& value, const char* key, std::string_view origin) {
  const auto found = value.is_object() ? value.find(key) : value.end();
  if (!value.is_object() || found == value.end()) fail_json_member(key, origin, true);
  // The library would turn 16.5 into 16 and -1 into 18446744073709551615.
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    const bool fits = found->is_number_unsigned()
                          ? std::in_range<T>(found->template get<uint64_t>())
                          : found->is_number_integer() && std::in_range<T>(found->template get<int64_t>());
    if (!fits) fail_json_member(key, origin, false);
  }
  try {
    return found->template get<T>();
  } catch (const nlohmann::json::exception&) {
    fail_json_member(key, origin, false);
  }
}

}  // namespace lmkor::base
