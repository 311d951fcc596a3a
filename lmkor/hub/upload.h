// lmkor push: a folder to a repository of a hub, as one commit; large files by the LFS protocol.
#pragma once

#include <filesystem>
#include <string>

#include "lmkor/hub/cache.h"

namespace lmkor::hub {

struct PushOptions {
  std::string message = "Upload with lmkor";
  bool is_private = false;  // of a repository that is made
  int tries = 5;
};

struct Pushed {
  std::string commit, url;
  uint64_t files = 0;
  uint64_t bytes_uploaded = 0;  // what the hub did not have
};
// All files of `dir` but hidden ones. Makes the repository if there is none. The hub shows nothing of it before the
// commit, the last request. Throws kUsage without a token, kNotFound, kEnvironment.
Pushed push(const HubSettings& settings, const RepoName& repo, const std::filesystem::path& dir,
            const PushOptions& options);

}  // namespace lmkor::hub
