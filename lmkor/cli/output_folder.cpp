#include "lmkor/cli/output_folder.h"

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::cli {

namespace fs = std::filesystem;

namespace {

fs::path beside(const fs::path& output, const char* ending) {
  return output.parent_path() / base::str(".", output.filename().string(), ending);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

OutputFolder::OutputFolder(const Invocation& call, const fs::path& output)
    : output_(output.has_filename() ? output : output.parent_path()), partial_(beside(output_, ".partial")) {
  call.check_output(output_);
  remove_quietly(partial_);
  base::make_directories(partial_);
}

OutputFolder::~OutputFolder() { remove_quietly(partial_); }

void OutputFolder::finish() {
  const fs::path replaced = beside(output_, ".replaced");
  remove_quietly(replaced);
  if (fs::exists(output_)) base::rename_path(output_, replaced);
  base::rename_path(partial_, output_);
  remove_quietly(replaced);
}

}  // namespace lmkor::cli
