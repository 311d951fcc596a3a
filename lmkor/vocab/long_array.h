// A long row of 32-bit numbers that grows at its end without being copied: in memory, or in a file without a name where
// it would not fit. The file's pages come and go with the system's page cache.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lmkor::vocab {

class LongArray {
 public:
  // `dir` is where the file is made; empty: in memory.
  explicit LongArray(std::filesystem::path dir = {}) : dir_(std::move(dir)) {}
  ~LongArray();
  LongArray(const LongArray&) = delete;
  LongArray& operator=(const LongArray&) = delete;

  // Grows by `count` numbers, which are 0, and returns where they begin. Moves the array: keep indices, not pointers.
  // Throws kOutput (the disk is full), kEnvironment (no memory), kData (2^32 numbers are reached).
  uint32_t extend(uint64_t count) {
    const uint64_t begin = size_;
    if (size_ + count > capacity_) reserve(size_ + count);
    size_ += count;
    return static_cast<uint32_t>(begin);
  }
  uint32_t* data() { return data_; }
  uint32_t& operator[](uint64_t index) { return data_[index]; }
  uint64_t size() const { return size_; }
  bool on_disk() const { return !dir_.empty(); }
  const std::filesystem::path& dir() const { return dir_; }
  // Lets go of the pages in memory of an array in a file; its numbers stay.
  void release_pages();

 private:
  void reserve(uint64_t count);
  std::filesystem::path dir_;
  int fd_ = -1;
  uint32_t* data_ = nullptr;
  uint64_t size_ = 0, capacity_ = 0;
};

}  // namespace lmkor::vocab
