// Names of Unicode blocks, for reports on characters. Blocks that Korean text has no use for are one name.
#pragma once

#include <string_view>

namespace lmkor::text {

// The block of `code_point` by its name in the Unicode standard; "Other" for the rarer ones.
std::string_view block_name(char32_t code_point);

}  // namespace lmkor::text
