// An output folder of a command: complete or absent. What --force replaces stays until then.
#pragma once

#include <string_view>

#include "lmkor/base/partial_folder.h"
#include "lmkor/cli/command.h"

namespace lmkor::cli {

class OutputFolder : public base::PartialFolder {
 public:
  // `output` is the value of `setting`. Throws kOutput, also if it exists and may not be replaced
  // (Invocation::check_output).
  OutputFolder(const Invocation& call, const std::filesystem::path& output, std::string_view setting = "output");
};

}  // namespace lmkor::cli
