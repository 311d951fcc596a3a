// Settings from and to TOML files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lmkor/config/fields.h"

namespace lmkor::config {

// A value as a TOML basic string.
std::string toml_string(std::string_view text);

// Sets fields from a TOML file; unknown keys, wrong types and syntax errors become faults that name file and line.
// Throws kNotFound if there is no such file.
void read_toml(Fields& fields, const std::filesystem::path& path, Faults& faults);

// All fields as valid TOML that sets the same values again. With `origins` each line ends in a comment that names the
// origin of the value.
std::string to_toml(const Fields& fields, bool origins);

}  // namespace lmkor::config
