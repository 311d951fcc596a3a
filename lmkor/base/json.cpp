#include "lmkor/base/json.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::base {

Json parse_json(std::string_view text, std::string_view origin) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    // The byte that could not be read, counted from 1; one past the last where the text ends too early.
    const std::string_view before = text.substr(0, std::min<size_t>(error.byte, text.size() + 1) - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    throw Error(ErrorKind::kData, str(origin, ":", line, ": not valid JSON at byte ", column, " of the line: ",
                                      error.byte > text.size() ? "the text ends too early" : "got an unexpected byte"));
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(MappedFile(path).bytes(), path.string()); }

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomic(path, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void fail_json_member(const char* key, std::string_view origin, bool missing) {
  throw Error(ErrorKind::kData, str(origin, ": key \"", key, missing ? "\" is missing" : "\" has an unexpected type"));
}

}  // namespace lmkor::base
