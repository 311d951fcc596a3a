// The stages that read text to find repeats: `survey` writes the keys of every unit, `shingle` the shingles of the
// documents that may be near duplicates.
//
//   survey/UNIT/table      a Record for each document in order: key rank, extra sentences, index its number
//              documents   key and extra the hash of a text, index the document
//              bands       a record for each MinHash band: key the band's, extra rank and hash in short, index the
//              document sentences   key and extra the hash of a sentence, index its number in the unit words       key
//              the hash of a run of words, extra its first word in the sentence, index the sentence
//   shingle/UNIT/shingles  see ShingleFile
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

void survey_unit(const Work& work, size_t unit, const std::filesystem::path& folder);
void shingle_unit(const Work& work, size_t unit, const std::filesystem::path& folder);

// Sets of shingles by document, mapped: 4-byte shingles (sorted, different) and ids of records, then an Entry for each
// document in order, then their number and a checksum of the entries (u64 each).
class ShingleFile {
 public:
  struct Entry {
    uint64_t rank, begin;                          // of the shingles in the file
    uint32_t index, shingles, id_bytes, checksum;  // of shingles and id, which follows them
  };
  explicit ShingleFile(const std::filesystem::path& path);
  // Throws BrokenFile if the document is not there or its bytes are not those written.
  const Entry& find(uint32_t index) const;
  std::span<const uint32_t> shingles(const Entry& entry) const;
  std::string_view id(const Entry& entry) const;

 private:
  std::filesystem::path path_;
  base::MappedFile file_;
  std::span<const Entry> entries_;
};

// The files of all units, opened where they are looked into. What was read of a mapped file counts as memory of the
// process, so they are closed now and then.
class ShingleFiles {
 public:
  ShingleFiles(const Work& work, uint64_t memory_bytes) : work_(work), memory_bytes_(memory_bytes) {}
  // Valid until trim(). Throws BrokenFile.
  std::pair<const ShingleFile*, const ShingleFile::Entry*> find(Place place);
  // Closes all once about memory_bytes of them were read.
  void trim();

 private:
  const Work& work_;
  uint64_t memory_bytes_;
  uint64_t touched_bytes_ = 0;
  std::map<size_t, ShingleFile> files_;
};

// Begins of the words of `sentence` (stretches between blanks), then its size.
void word_begins(std::string_view sentence, std::vector<uint32_t>& begins);

}  // namespace lmkor::corpus
