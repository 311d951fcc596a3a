// Which artefacts were made from another one, near or far, by what their run.json files say.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lmkor::cli {

struct Descendant {
  std::filesystem::path path;  // folder of the run.json
  std::string command;
  std::filesystem::path parent;  // the artefact through which it was found
};

// Artefacts below `folders` (hidden ones and `artefact` itself left out) that name `artefact`, a file in it, one of
// `hashes` (of its manifest.json or run.json, also of former states) or a descendant as a parent or an input. Those
// found first are the nearest.
std::vector<Descendant> find_descendants(const std::filesystem::path& artefact, const std::set<std::string>& hashes,
                                         const std::vector<std::filesystem::path>& folders);

}  // namespace lmkor::cli
