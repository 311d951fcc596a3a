#pragma once

#include <string>
#include <string_view>

namespace lmkor {

// Reads `bytes` as `format`; false if that ended in an Error. Aborts where what was read breaks a promise.
bool fuzz_input(const std::string& format, std::string_view bytes);

namespace corpus {
bool fuzz_reader(const std::string& format, std::string_view bytes);  // a name of --format
}
namespace hub {
bool is_container(const std::string& format);
bool fuzz_container(const std::string& format, std::string_view bytes);
}  // namespace hub

}  // namespace lmkor
