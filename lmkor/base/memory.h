// Amounts of memory as users write them.
#pragma once

#include <cstdint>
#include <string>

namespace lmkor::base {

// "2GB" or "1.5 MB" in bytes (10^9, 10^6); empty is half of the machine's memory. Throws kUsage naming --memory.
uint64_t parse_memory(const std::string& text);

}  // namespace lmkor::base
