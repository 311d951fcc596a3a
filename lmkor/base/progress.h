// How far a long job is: a bar on a terminal, a line now and then in a log, JSON lines for programs, or nothing.
// Always on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lmkor::base {

enum class ProgressStyle { kNone, kPlain, kBar, kJson };

// Set once by main; kPlain unless main says otherwise.
void set_progress_style(ProgressStyle style);
// "auto" picks bar on a terminal and plain elsewhere. Throws kUsage for an unknown name.
ProgressStyle progress_style(std::string_view name, bool is_terminal);

// One job with a known (or unknown: 0) total. Not thread safe: call it from the thread that owns the job.
class Progress {
 public:
  // `unit` names what is counted ("documents", "steps", "bytes"); "bytes" are shown as MB.
  Progress(std::string name, std::string unit, uint64_t total, uint64_t start = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The job stands at `done`; `extra` are more figures to show, e.g. {"loss", "2.31"}. Shows at most a few times a
  // second.
  void update(uint64_t done, const std::vector<std::pair<std::string, std::string>>& extra = {});
  // The job ended: shows the last state and a line break. Called by the destructor if not before.
  void finish();

 private:
  void show(bool last);
  std::string name_, unit_;
  uint64_t total_, start_, done_;
  std::vector<std::pair<std::string, std::string>> extra_;
  std::chrono::steady_clock::time_point began_, shown_;
  bool finished_ = false;
};

}  // namespace lmkor::base
