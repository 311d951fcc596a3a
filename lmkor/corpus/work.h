// What the stages of a build share, and the records they hand on. A task of a stage writes a folder of its own, which
// is complete or absent; documents and sentences are named by unit and number in it, counted over what the filters
// left.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "lmkor/corpus/build_options.h"
#include "lmkor/corpus/record_file.h"
#include "lmkor/corpus/refiner_pool.h"

namespace lmkor::corpus {

struct Work {
  const BuildOptions& options;
  const std::vector<std::filesystem::path>& files;
  const std::vector<Unit>& units;
  size_t buckets;
  std::filesystem::path dir;
  uint64_t memory_bytes;
  int threads;
  RefinerPool& refiners;

  // The folder of a finished task.
  std::filesystem::path task(std::string_view stage, size_t number) const;
  std::vector<std::filesystem::path> files_of(size_t unit) const;
  // Gives the refined batches of a unit in order, with the number of their file.
  void refine(size_t unit, const std::function<void(RefinedBatch&&, size_t file)>& take) const;
  size_t bucket(uint64_t key) const { return static_cast<size_t>((key >> 32) * buckets >> 32); }
};

// A key of a document, sentence or run of words, and its place in a unit.
struct Record {
  uint64_t key;
  uint32_t extra;
  uint32_t index;
};

// A document: unit and number.
using Place = uint64_t;
inline Place place_of(uint64_t unit, uint32_t index) { return unit << 32 | index; }
inline size_t unit_of(Place place) { return static_cast<size_t>(place >> 32); }
inline uint32_t index_of(Place place) { return static_cast<uint32_t>(place); }

// Which of near duplicates stays: the lowest rank, that is the longest text, then the lowest hash.
inline uint64_t rank_of(uint64_t characters, const base::Hash128& hash) {
  return static_cast<uint64_t>(~static_cast<uint32_t>(std::min<uint64_t>(characters, UINT32_MAX))) << 32 |
         hash.low >> 32;
}

// A record with its unit, in memory.
struct Joined {
  uint64_t key;
  uint32_t extra, unit, index;
  friend auto operator<=>(const Joined&, const Joined&) = default;
};

// Brings together the records of one bucket of STAGE/UNIT/`file` over all units: `take` gets each group of equal keys,
// sorted. `skip`, asked unit by unit, leaves records out. Reads in as many passes as `memory_bytes` asks for.
void join(const Work& work, std::string_view stage, std::string_view file, size_t bucket, uint64_t memory_bytes,
          const std::function<bool(uint32_t unit, const Record& record)>& skip,
          const std::function<void(std::span<const Joined>)>& take);

}  // namespace lmkor::corpus
