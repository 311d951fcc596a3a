#include "lmkor/cli/output_folder.h"

namespace lmkor::cli {

namespace {

const std::filesystem::path& checked(const Invocation& call, const std::filesystem::path& output,
                                     std::string_view setting) {
  call.check_output(output, setting);
  return output;
}

}  // namespace

OutputFolder::OutputFolder(const Invocation& call, const std::filesystem::path& output, std::string_view setting)
    : base::PartialFolder(checked(call, output, setting)) {}

}  // namespace lmkor::cli
