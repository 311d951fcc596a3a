#include "lmkor/cli/line_blocks.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"

namespace lmkor::cli {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kLongLine = size_t{4} << 20;

}  // namespace

LineBlockReader::LineBlockReader(std::vector<std::filesystem::path> files, bool divide_lines)
    : files_(std::move(files)), divide_lines_(divide_lines) {}

LineBlock LineBlockReader::take(size_t end, bool ends_inside) {
  LineBlock block{rest_.substr(0, end), file_, inside_, ends_inside, line_bytes_};
  rest_.erase(0, end);
  inside_ = ends_inside;
  line_bytes_ = ends_inside ? line_bytes_ + block.text.size() : 0;
  return block;
}

std::optional<LineBlock> LineBlockReader::next() {
  base::check_interrupt();
  while (true) {
    if (input_ == nullptr) {
      if (file_ == files_.size()) return std::nullopt;
      input_ = base::open_input(files_[file_]);
    }
    const size_t had = rest_.size();
    rest_.resize(had + kBlockBytes);
    const size_t got = input_->read(rest_.data() + had, kBlockBytes);
    rest_.resize(had + got);
    if (got == 0) {
      input_.reset();
      // A line that was divided ends with its file even where nothing follows.
      const bool left = !rest_.empty() || inside_;
      LineBlock block = take(rest_.size(), false);
      ++file_;
      if (left) return block;
      continue;
    }
    // A line without an end in sight: read on. Only the new bytes can hold its end.
    const size_t end = rest_.rfind('\n');
    if (end != std::string::npos && end >= had) return take(end + 1, false);
    if (!divide_lines_ || rest_.size() < kLongLine) continue;
    const size_t blank = rest_.rfind(' ');
    if (blank != std::string::npos && blank >= had) return take(blank + 1, true);
  }
}

}  // namespace lmkor::cli
