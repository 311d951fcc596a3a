// Gives back what a build removed: the records under removed/ as those of a corpus file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lmkor::corpus {

struct RestoreOptions {
  std::vector<std::string> reasons;  // empty: all
  std::vector<std::string> sources;  // empty: all
};

// Writes the records that `corpus` removed for one of the reasons to `output`, in the order of reasons and input, and
// returns how many by reason. Throws kNotFound if `corpus` holds no removed text, kConfig for an unknown reason.
std::map<std::string, uint64_t> restore(const std::filesystem::path& corpus, const RestoreOptions& options,
                                        const std::filesystem::path& output);

}  // namespace lmkor::corpus
