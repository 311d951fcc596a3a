// An output folder of a command: complete or absent. What --force replaces stays until then.
#pragma once

#include "lmkor/base/partial_folder.h"
#include "lmkor/cli/command.h"

namespace lmkor::cli {

class OutputFolder : public base::PartialFolder {
 public:
  // Throws kOutput, also if `output` exists and may not be replaced (Invocation::check_output).
  OutputFolder(const Invocation& call, const std::filesystem::path& output);
};

}  // namespace lmkor::cli
