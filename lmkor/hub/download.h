// lmkor pull: the files of a repository from the hub into the cache.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/hub/cache.h"

namespace lmkor::hub {

struct PullOptions {
  std::vector<std::string> include, exclude;  // patterns with * and ?; nothing included means everything
  int parallel_files = 4;
  int tries = 5;  // of a request that fails in passing
};

struct Pulled {
  std::filesystem::path snapshot = {};
  std::string commit = {};
  uint64_t files = 0;             // of the snapshot that were asked for
  uint64_t bytes_downloaded = 0;  // what came over the line
  bool from_cache = false;        // offline, or everything was there
};
// Fetches what the cache lacks; a transfer that was cut off goes on where it stopped, also in a later run. Every file's
// size and hash is checked before it counts. Offline, the cache alone is asked. Throws kNotFound (no such repository,
// revision or file; gated or private, with what to do), kEnvironment (the hub is not there), kData (wrong bytes, a name
// that leads out of the folder), kOutput.
Pulled pull(const HubSettings& settings, const RepoName& repo, const PullOptions& options);

// Whether `name` fits `pattern`, in which * stands for any characters and ? for one.
bool fits_pattern(std::string_view name, std::string_view pattern);

}  // namespace lmkor::hub
