// Lines that stand in many documents of one source (menus, notices, signatures): found in a pass of their own before
// the build, so that all of them can go, the first as well; in memory for a build that streams, else by two stages.
//
//   lines/UNIT/lines         a Record for each line of each document, once: key its key, extra the number of the source
//                            in sources.json, index the number of the document among those of that source in the unit
//              sources.json  name and documents of each source
//   boilerplate/BUCKET/keys  the keys (u64) of boilerplate
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

// Documents of fewer lines hold no boilerplate: their lines are what they say.
inline constexpr size_t kBoilerplateLines = 3;
// Of each source so many documents are counted at most, which bounds memory.
inline constexpr uint64_t kBoilerplateSample = 200000;

// Key of the line `line` (without outer blanks, as cleaned) of a document of `source`.
uint64_t boilerplate_key(std::string_view source, std::string_view line);

// The keys of lines that stand in at least `min_documents` of the first kBoilerplateSample documents of their source.
std::unordered_set<uint64_t> find_boilerplate(const std::vector<std::filesystem::path>& files, const ReadOptions& read,
                                              const CleanOptions& clean, int64_t min_documents, int threads);

// The same by stages, for work.options.filter.boilerplate_documents; read_boilerplate() throws BrokenFile.
void lines_unit(const Work& work, size_t unit, const std::filesystem::path& folder);
void boilerplate_bucket(const Work& work, size_t bucket, const std::filesystem::path& folder);
std::unordered_set<uint64_t> read_boilerplate(const Work& work);

}  // namespace lmkor::corpus
