// A long row of numbers or plain records that grows at its end without being copied: in memory, or in a file without a
// name where it would not fit. The file's pages come and go with the system's page cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <type_traits>
#include <utility>

namespace lmkor::vocab {

// Its memory, of zeros at first.
class LongMemory {
 public:
  // `dir` is where the file is made; empty: in memory.
  explicit LongMemory(std::filesystem::path dir) : dir_(std::move(dir)) {}
  ~LongMemory();
  LongMemory(const LongMemory&) = delete;
  LongMemory& operator=(const LongMemory&) = delete;

  void* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }
  bool on_disk() const { return !dir_.empty(); }
  // Throws kOutput (the disk is full), kEnvironment (no memory).
  void resize(uint64_t bytes);
  void clear();
  // Lets go of the pages in memory of a file; their contents stay.
  void release_pages();

 private:
  std::filesystem::path dir_;
  int fd_ = -1;
  void* data_ = nullptr;
  uint64_t bytes_ = 0;
};

template <class Value>
class LongArray {
 public:
  static_assert(std::is_trivially_copyable_v<Value>);
  explicit LongArray(std::filesystem::path dir = {}) : memory_(std::move(dir)) {}

  // Grows by `count` values, which are 0, and returns where they begin. Moves the array: keep indices, not pointers.
  // Throws as LongMemory does, and kData when 2^32 values are reached.
  uint32_t extend(uint64_t count) {
    const uint64_t begin = size_;
    if ((size_ + count) * sizeof(Value) > memory_.bytes()) reserve(size_ + count);
    size_ += count;
    return static_cast<uint32_t>(begin);
  }
  void push_back(const Value& value) {
    const uint32_t at = extend(1);
    data()[at] = value;
  }
  Value* data() { return static_cast<Value*>(memory_.data()); }
  Value& operator[](uint64_t index) { return data()[index]; }
  uint64_t size() const { return size_; }
  bool on_disk() const { return memory_.on_disk(); }
  void release_pages() { memory_.release_pages(); }
  // Gives all of it back.
  void clear() {
    memory_.clear();
    size_ = 0;
  }

 private:
  void reserve(uint64_t count);
  LongMemory memory_;
  uint64_t size_ = 0;
};

// How many values a row of `capacity` has room for when it must hold `count`. Throws kData.
uint64_t grown(uint64_t count, uint64_t capacity);

template <class Value>
void LongArray<Value>::reserve(uint64_t count) {
  memory_.resize(grown(count, memory_.bytes() / sizeof(Value)) * sizeof(Value));
}

}  // namespace lmkor::vocab
