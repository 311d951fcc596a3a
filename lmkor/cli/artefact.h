// What lies at a path: kind, origin, parents, sizes, hashes and the facts of that kind. A new kind of artefact is one
// row of the table in artefact.cpp.
#pragma once

#include <filesystem>
#include <string>

#include "lmkor/base/json.h"

namespace lmkor::cli {

// An object with path, kind, summary (one line for people), origin and parents (null and empty where no run.json
// tells), bytes, files (name, bytes, sha256; null where not read) and the members of its kind. Throws kNotFound; kData
// for a folder that is nothing we know.
base::Json explain_artefact(const std::filesystem::path& path, int threads);

// The same for people.
std::string artefact_text(const base::Json& artefact);

}  // namespace lmkor::cli
