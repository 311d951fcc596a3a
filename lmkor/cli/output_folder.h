// An output folder that is complete or absent.
#pragma once

#include <filesystem>

#include "lmkor/cli/command.h"

namespace lmkor::cli {

// Filled under a working name beside the output (.NAME.partial), which goes away unless finish() is reached. What
// --force replaces stays until then.
class OutputFolder {
 public:
  // Makes the working folder at once, so that a place that cannot be written is known before the work. Throws kOutput,
  // also if `output` exists and may not be replaced (Invocation::check_output).
  OutputFolder(const Invocation& call, const std::filesystem::path& output);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::filesystem::path& path() const { return partial_; }
  void finish();

 private:
  std::filesystem::path output_, partial_;
};

}  // namespace lmkor::cli
