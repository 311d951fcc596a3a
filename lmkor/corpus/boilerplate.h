// Lines that stand in many documents of one source (menus, notices, signatures): found in a pass of their own before
// the build, so that all of them can go, the first as well, whatever the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/reader.h"

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

}  // namespace lmkor::corpus
