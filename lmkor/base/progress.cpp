#include "lmkor/base/progress.h"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"

namespace lmkor::base {
namespace {

std::atomic<ProgressStyle> style_{ProgressStyle::kPlain};

constexpr double kBarInterval = 0.2;
constexpr double kPlainInterval = 10.0;
constexpr double kJsonInterval = 1.0;

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

void put(std::string_view text) {
  [[maybe_unused]] const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string amount(double value, const std::string& unit) {
  return unit == "bytes" ? human_bytes(value) : grouped(static_cast<long long>(value));
}

}  // namespace

void set_progress_style(ProgressStyle style) { style_ = style; }

ProgressStyle progress_style(std::string_view name, bool is_terminal) {
  if (name == "auto") return is_terminal ? ProgressStyle::kBar : ProgressStyle::kPlain;
  if (name == "bar") return ProgressStyle::kBar;
  if (name == "plain") return ProgressStyle::kPlain;
  if (name == "json") return ProgressStyle::kJson;
  if (name == "none") return ProgressStyle::kNone;
  throw Error(ErrorKind::kUsage, str("--progress: got '", name, "', expected auto, bar, plain, json or none"));
}

Progress::Progress(std::string name, std::string unit, uint64_t total, uint64_t start)
    : name_(std::move(name)),
      unit_(std::move(unit)),
      total_(total),
      start_(start),
      done_(start),
      began_(std::chrono::steady_clock::now()),
      shown_(began_) {}

Progress::~Progress() { finish(); }

void Progress::update(uint64_t done, const std::vector<std::pair<std::string, std::string>>& extra) {
  done_ = done;
  if (style_ == ProgressStyle::kNone) return;
  if (!extra.empty()) extra_ = extra;
  const double interval = style_ == ProgressStyle::kBar    ? kBarInterval
                          : style_ == ProgressStyle::kJson ? kJsonInterval
                                                           : kPlainInterval;
  if (seconds_since(shown_) >= interval) show(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (style_ != ProgressStyle::kNone && done_ > start_) show(true);
}

void Progress::show(bool last) {
  shown_ = std::chrono::steady_clock::now();
  const double seconds = seconds_since(began_);
  const double rate = seconds > 0 ? static_cast<double>(done_ - start_) / seconds : 0;
  const double left = total_ > done_ && rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  if (style_ == ProgressStyle::kJson) {
    Json line = {{"progress", name_},  {"unit", unit_},      {"done", done_},        {"total", total_},
                 {"seconds", seconds}, {"per_second", rate}, {"seconds_left", left}, {"finished", last}};
    for (const auto& [key, value] : extra_) line[key] = value;
    put(line.dump() + "\n");
    return;
  }
  std::string text = str(name_, "  ", amount(static_cast<double>(done_), unit_));
  if (total_ > 0) {
    text += str(" of ", amount(static_cast<double>(total_), unit_), " (",
                fixed(100.0 * static_cast<double>(done_) / static_cast<double>(total_), 0), " %)");
  }
  if (unit_ != "bytes") text += str(" ", unit_);
  text += str("  ",
              unit_ == "bytes" ? human_bytes(rate)
              : rate < 10      ? fixed(rate, 2)
                               : grouped(static_cast<long long>(rate)),
              "/s");
  for (const auto& [key, value] : extra_) text += str("  ", key, " ", value);
  text += last ? str("  in ", human_seconds(seconds)) : total_ > 0 ? str("  left ", human_seconds(left)) : "";
  if (style_ == ProgressStyle::kPlain) {
    put(text + "\n");
    return;
  }
  winsize window{};
  const int width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
  std::string line = "\r\x1b[K";
  const int bar_width = std::min(24, width - static_cast<int>(text.size()) - 4);
  if (total_ > 0 && bar_width >= 8) {
    const int full = static_cast<int>(std::min<uint64_t>(done_, total_) * static_cast<uint64_t>(bar_width) / total_);
    line += "[" + std::string(static_cast<size_t>(full), '#') +
            std::string(static_cast<size_t>(bar_width - full), '.') + "] ";
  }
  line += text.substr(0, static_cast<size_t>(std::max(20, width - 1)));
  put(last ? line + "\n" : line);
}

}  // namespace lmkor::base
