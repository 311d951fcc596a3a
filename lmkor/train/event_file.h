// TensorBoard's event file: the figures of metrics.jsonl, for people who look at runs there. Records are
// u64 length, masked CRC-32C of it, an Event message (tensorflow/core/util/event.proto), masked CRC-32C of that
// (tensorflow/core/lib/io/record_writer.cc).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::train {

// CRC-32C (Castagnoli), and as TensorFlow stores it.
uint32_t crc32c(std::string_view bytes);
uint32_t masked_crc32c(std::string_view bytes);

// A record around `message`.
std::string event_record(std::string_view message);

class EventFile {
 public:
  // Writes RUN/events.out.tfevents.0.lmkor anew with `lines` of metrics.jsonl, so that after a resume each step stands
  // there once. The run has taken `seconds` so far. Throws kOutput.
  EventFile(const std::filesystem::path& run, const std::vector<base::Json>& lines, double seconds);
  // Adds a scalar for each number of the line but its step; figures of held-out rows and of training stand together.
  // Throws kOutput.
  void append(const base::Json& line);

 private:
  std::string event_of(const base::Json& line) const;
  std::filesystem::path path_;
  double began_;  // seconds since 1970 at which the run would have begun without stops
};

}  // namespace lmkor::train
