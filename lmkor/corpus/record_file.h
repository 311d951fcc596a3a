// Files of small records of one size, divided into partitions: how stages of a build hand records on to each other
// (docs/formats.md). What a writer cannot hold goes out as a run; a partition is read run by run. Each stretch carries
// a checksum, so that a file that a machine left broken is found where it is read.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"

namespace lmkor::corpus {

// A file of an earlier stage is missing or damaged: its task has to be done again.
class BrokenFile : public base::Error {
 public:
  BrokenFile(const std::filesystem::path& path, std::string_view what);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class RawRecordWriter {
 public:
  // Holds up to `memory_bytes` of records (at least a few thousand).
  RawRecordWriter(const std::filesystem::path& path, size_t record_bytes, size_t partitions, uint64_t memory_bytes);
  ~RawRecordWriter();
  RawRecordWriter(RawRecordWriter&&) noexcept;
  void add(size_t partition, const void* record);
  // The file is complete under its name. Throws kOutput.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class RawRecordFile {
 public:
  // Throws BrokenFile.
  RawRecordFile(const std::filesystem::path& path, size_t record_bytes);
  uint64_t size(size_t partition) const;
  uint64_t size() const;  // of all partitions
  // Gives the stretches of a partition in the order of writing. Throws BrokenFile.
  void read(size_t partition, const std::function<void(const char* records, uint64_t count)>& take) const;

 private:
  struct Stretch {
    uint64_t offset, count, checksum;
  };
  std::filesystem::path path_;
  base::MappedFile file_;
  size_t record_bytes_;
  size_t partitions_ = 0;
  std::vector<Stretch> stretches_;  // by run, then partition
};

// The same for records of type T, whose bytes are written as they lie in memory.
template <class T>
class RecordWriter {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);

 public:
  RecordWriter(const std::filesystem::path& path, size_t partitions, uint64_t memory_bytes)
      : raw_(path, sizeof(T), partitions, memory_bytes) {}
  void add(size_t partition, const T& record) { raw_.add(partition, &record); }
  void commit() { raw_.commit(); }

 private:
  RawRecordWriter raw_;
};

template <class T>
class RecordFile {
 public:
  explicit RecordFile(const std::filesystem::path& path) : raw_(path, sizeof(T)) {}
  uint64_t size(size_t partition) const { return raw_.size(partition); }
  uint64_t size() const { return raw_.size(); }
  template <class Take>
  void each(size_t partition, Take&& take) const {
    raw_.read(partition, [&](const char* records, uint64_t count) {
      for (uint64_t i = 0; i < count; ++i) {
        T record;
        std::memcpy(&record, records + i * sizeof(T), sizeof(T));
        take(record);
      }
    });
  }

 private:
  RawRecordFile raw_;
};

}  // namespace lmkor::corpus
