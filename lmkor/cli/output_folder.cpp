#include "lmkor/cli/output_folder.h"

namespace lmkor::cli {

namespace {

const std::filesystem::path& checked(const Invocation& call, const std::filesystem::path& output) {
  call.check_output(output);
  return output;
}

}  // namespace

OutputFolder::OutputFolder(const Invocation& call, const std::filesystem::path& output)
    : base::PartialFolder(checked(call, output)) {}

}  // namespace lmkor::cli
