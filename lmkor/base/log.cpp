#include "lmkor/base/log.h"

#include <atomic>
#include <string>

#include <unistd.h>

namespace lmkor::base {
namespace {

// The only mutable globals of base besides the interrupt flag: where messages go is a property of the process.
std::atomic<LogLevel> level_{LogLevel::kNormal};
std::atomic<bool> color_{false};

// One write(2) per message, so that lines of several threads and processes stay whole.
void put(std::string_view prefix, const char* color, std::string_view text) {
  std::string line;
  if (!prefix.empty()) {
    if (color_) line.append(color);
    line.append(prefix);
    if (color_) line.append("\x1b[0m");
  }
  line.append(text).push_back('\n');
  const char* at = line.data();
  size_t left = line.size();
  while (left > 0) {
    const ssize_t written = ::write(STDERR_FILENO, at, left);
    if (written <= 0) return;
    at += written;
    left -= static_cast<size_t>(written);
  }
}

}  // namespace

void set_log(LogLevel level, bool color) {
  level_ = level;
  color_ = color;
}

bool log_color() { return color_; }

void log_info(std::string_view text) {
  if (level_.load() >= LogLevel::kNormal) put("", "", text);
}
void log_warning(std::string_view text) {
  if (level_.load() != LogLevel::kSilent) put("warning: ", "\x1b[33m", text);
}
void log_verbose(std::string_view text) {
  if (level_.load() == LogLevel::kVerbose) put("", "", text);
}

}  // namespace lmkor::base
