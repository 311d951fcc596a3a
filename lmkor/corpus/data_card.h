// README.md of a corpus: a data card as the Hugging Face hub reads it (YAML front matter, then Markdown), made from the
// manifest alone.
#pragma once

#include <filesystem>

#include "lmkor/base/json.h"

namespace lmkor::corpus {

void write_data_card(const base::Json& manifest, const std::filesystem::path& path);

}  // namespace lmkor::corpus
