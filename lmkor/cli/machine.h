// The machine as this process sees it, and what about it would make lmkor slow.
#pragma once

#include <filesystem>

#include "lmkor/base/json.h"

namespace lmkor::cli {

// An object with cpu (model, vendor, family, threads, simd flags), memory, disk (of `dir` and of the temporary folder),
// limits and gpu_present. Members that cannot be found out are null.
base::Json machine_facts(const std::filesystem::path& dir);

// Findings about the machine, each {"severity": "slow" or "note", "what", "why", "advice"}. `facts` holds
// machine_facts() and, where known, "build" and "devices".
base::Json machine_findings(const base::Json& facts);

}  // namespace lmkor::cli
