// Bodies in gzip.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lmkor::serve {

std::string gzip(std::string_view plain);
// Nothing where the bytes are damaged or unpack to more than `most`.
std::optional<std::string> gunzip(std::string_view packed, size_t most);

}  // namespace lmkor::serve
