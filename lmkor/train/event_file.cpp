#include "lmkor/train/event_file.h"

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using base::Json;
using base::str;

namespace {

constexpr const char* kName = "events.out.tfevents.0.lmkor";

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kTable = make_table();

template <class Number>
void append_little_endian(std::string& out, Number number) {
  const auto bytes = std::bit_cast<std::array<char, sizeof number>>(number);
  out.append(bytes.data(), bytes.size());
}

// The four kinds of protobuf fields that an Event needs.
void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void append_key(std::string& out, uint32_t field, Wire wire) { append_varint(out, field << 3 | wire); }
void append_bytes(std::string& out, uint32_t field, std::string_view bytes) {
  append_key(out, field, kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string event(double wall_time) {
  std::string out;
  append_key(out, 1, kFixed64);
  append_little_endian(out, wall_time);
  return out;
}

// "validation/loss" of validation_loss, "train/loss" of loss.
std::string tag_of(const std::string& name) {
  constexpr std::string_view kHeldOut = "validation_";
  return name.starts_with(kHeldOut) ? str("validation/", name.substr(kHeldOut.size())) : str("train/", name);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8u; }

std::string event_record(std::string_view message) {
  std::string out;
  append_little_endian(out, static_cast<uint64_t>(message.size()));
  append_little_endian(out, masked_crc32c(out));
  out += message;
  append_little_endian(out, masked_crc32c(message));
  return out;
}

EventFile::EventFile(const std::filesystem::path& run, const std::vector<Json>& lines, double seconds)
    : path_(run / kName) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  began_ = std::chrono::duration<double>(now).count() - seconds;
  std::string first = event(began_);
  append_bytes(first, 3, "brain.Event:2");
  std::string all = event_record(first);
  for (const Json& line : lines) all += event_record(event_of(line));
  base::write_file_atomic(path_, all);
}

std::string EventFile::event_of(const Json& line) const {
  std::string summary;
  for (const auto& [name, value] : line.items()) {
    if (!value.is_number() || name == "step") continue;
    std::string scalar;
    append_bytes(scalar, 1, tag_of(name));
    append_key(scalar, 2, kFixed32);
    append_little_endian(scalar, value.get<float>());
    append_bytes(summary, 1, scalar);
  }
  std::string out = event(began_ + line.value("seconds", 0.0));
  append_key(out, 2, kVarint);
  append_varint(out, line.at("step").get<uint64_t>());
  append_bytes(out, 5, summary);
  return out;
}

void EventFile::append(const Json& line) {
  std::ofstream file(path_, std::ios::app | std::ios::binary);
  file << event_record(event_of(line)) << std::flush;
  if (!file) {
    throw base::Error(base::ErrorKind::kOutput, str(path_.string(), ": cannot be written: ", std::strerror(errno)));
  }
}

}  // namespace lmkor::train
