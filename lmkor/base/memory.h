// Amounts of memory: as users write them, and what this process has of files.
#pragma once

#include <cstdint>
#include <string>

namespace lmkor::base {

// "2GB" or "1.5 MB" in bytes (10^9, 10^6); empty is half of the machine's memory. Throws kUsage naming --memory.
uint64_t parse_memory(const std::string& text);

// Bytes of mapped files that this process has in memory now, its program among them. The system maps more pages than
// are touched, so only it can tell. 0 where it does not.
uint64_t resident_file_bytes();

}  // namespace lmkor::base
