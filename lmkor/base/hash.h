// Hashes: XXH3 for speed (deduplication, tables), SHA-256 for what users compare (inputs, artefacts).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lmkor::base {

uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};
Hash128 hash128(std::string_view bytes);

// SHA-256 of a stream of bytes.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  std::string hex();  // ends the stream; 64 lower-case digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};
std::string sha256(std::string_view bytes);
// Stops at a signal (Error{kInterrupted}).
std::string sha256_file(const std::filesystem::path& path);

}  // namespace lmkor::base
