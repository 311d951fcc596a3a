// The cache that huggingface_hub keeps, as it keeps it: models--ORG--NAME/ with blobs/, refs/, snapshots/ and trees/,
// and .locks/ beside. What it holds is found here; download.h fills it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lmkor::hub {

// What the environment says, by huggingface_hub's names.
struct HubSettings {
  std::string endpoint;          // HF_ENDPOINT, without a slash at the end
  std::filesystem::path cache;   // HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, else HF_HOME/hub
  std::string token;             // HF_TOKEN, else the file HF_TOKEN_PATH; empty: none
  bool offline = false;          // HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE
  bool symlinks = true;          // unless HF_HUB_DISABLE_SYMLINKS
  double etag_seconds = 10;      // HF_HUB_ETAG_TIMEOUT
  double download_seconds = 10;  // HF_HUB_DOWNLOAD_TIMEOUT
};
HubSettings read_hub_settings();

// ORG/NAME[@REVISION].
struct RepoName {
  std::string id;  // "kykim/bert-kor-base"
  std::string revision = "main";
};
// Nothing for a text that cannot be one: a path, more than one slash.
std::optional<RepoName> parse_repo_name(std::string_view text);

std::filesystem::path repo_folder(const HubSettings& settings, const RepoName& repo);
bool is_commit(std::string_view revision);  // 40 hexadecimal digits

// A file of a commit.
struct TreeEntry {
  uint64_t size = 0;
  std::string blob_id = {};     // of git
  std::string lfs_sha256 = {};  // empty for a file that git itself holds
  std::string xet_hash = {};    // passed on; empty: none
};
using Tree = std::map<std::string, TreeEntry>;
void write_tree(const std::filesystem::path& folder, const std::string& commit, const Tree& tree);
std::optional<Tree> read_tree(const std::filesystem::path& folder, const std::string& commit);

// The snapshot of `repo` in the cache; nothing if there is none. Throws kNotFound where it is not complete.
std::optional<std::filesystem::path> cached_snapshot(const HubSettings& settings, const RepoName& repo);

// What `--model` means: a folder, a run with model/, or the name of a repository that is in the cache. Throws
// kNotFound.
std::filesystem::path find_source(const std::string& text);
// The same, with a config.json.
std::filesystem::path find_model(const std::string& text);

}  // namespace lmkor::hub
