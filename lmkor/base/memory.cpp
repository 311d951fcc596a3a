#include "lmkor/base/memory.h"

#include <charconv>
#include <fstream>
#include <map>

#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::base {

uint64_t parse_memory(const std::string& text) {
  if (text.empty()) {
    return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  std::erase(unit, ' ');
  const std::map<std::string, double> units = {{"", 1}, {"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
  const auto found = units.find(unit);
  if (error != std::errc() || found == units.end() || !(value > 0) || value * found->second > 1e15) {
    throw Error(ErrorKind::kUsage, str("--memory ", text, ": got no size, expected a number with MB or GB, as in 2GB"));
  }
  return static_cast<uint64_t>(value * found->second);
}

uint64_t resident_file_bytes() {
  uint64_t all = 0, resident = 0, of_files = 0;
  std::ifstream("/proc/self/statm") >> all >> resident >> of_files;
  return of_files * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace lmkor::base
