// Messages to people, always on standard error. Data never passes here: results go to standard output (cli/), and a
// long job's log holds no text of users above verbose.
#pragma once

#include <string_view>

namespace lmkor::base {

enum class LogLevel { kSilent, kQuiet, kNormal, kVerbose };

// Set once by main before any thread starts.
void set_log(LogLevel level, bool color);
bool log_color();

void log_info(std::string_view text);     // shown unless --quiet
void log_warning(std::string_view text);  // shown but by processes beside the first one of a run (kSilent)
void log_verbose(std::string_view text);  // shown with --verbose

}  // namespace lmkor::base
