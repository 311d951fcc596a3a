#pragma once

#include <string>
#include <string_view>

namespace lmkor::corpus {

// Reads `bytes` as `format`; false if that ended in an Error. Aborts where a document is no valid UTF-8.
bool fuzz_reader(const std::string& format, std::string_view bytes);

}  // namespace lmkor::corpus
