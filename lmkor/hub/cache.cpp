// Layout: huggingface_hub/file_download.py, _tree_cache.py, constants.py (2.4).
#include "lmkor/hub/cache.h"

#include <algorithm>
#include <cstdlib>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

constexpr int kTreeVersion = 1;

// The first of the variables that is set and not empty.
std::string variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value && *value != '\0') return value;
  }
  return "";
}

bool is_on(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string value = variable({name});
    for (char& c : value) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const char* yes : {"1", "ON", "YES", "TRUE"}) {
      if (value == yes) return true;
    }
  }
  return false;
}

double seconds(const char* name, double otherwise) {
  const std::string value = variable({name});
  char* end = nullptr;
  const double out = std::strtod(value.c_str(), &end);
  return value.empty() || *end != '\0' || !(out > 0) ? otherwise : out;
}

fs::path home() {
  if (const std::string given = variable({"HF_HOME"}); !given.empty()) return given;
  if (const std::string given = variable({"XDG_CACHE_HOME"}); !given.empty()) return fs::path(given) / "huggingface";
  return fs::path(variable({"HOME"})) / ".cache/huggingface";
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool is_name(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.front() != '-' && part.size() <= 96 &&
         std::all_of(part.begin(), part.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

HubSettings read_hub_settings() {
  HubSettings out;
  out.endpoint = variable({"HF_ENDPOINT"});
  if (out.endpoint.empty()) out.endpoint = "https://huggingface.co";
  while (out.endpoint.ends_with('/')) out.endpoint.pop_back();
  const std::string cache = variable({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  out.cache = cache.empty() ? home() / "hub" : fs::path(cache);
  if (!is_on({"HF_HUB_DISABLE_IMPLICIT_TOKEN"})) {
    out.token = trimmed(variable({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}));
    const std::string path = variable({"HF_TOKEN_PATH"});
    const fs::path file = path.empty() ? home() / "token" : fs::path(path);
    if (out.token.empty() && fs::is_regular_file(file)) out.token = trimmed(base::read_file(file));
  }
  out.offline = is_on({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"});
  out.symlinks = !is_on({"HF_HUB_DISABLE_SYMLINKS"});
  out.etag_seconds = seconds("HF_HUB_ETAG_TIMEOUT", 10);
  out.download_seconds = seconds("HF_HUB_DOWNLOAD_TIMEOUT", 10);
  return out;
}

std::optional<RepoName> parse_repo_name(std::string_view text) {
  RepoName out;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    out.revision = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_name(text.substr(0, slash)) || !is_name(text.substr(slash + 1))) return {};
  for (const fs::path& part : fs::path(out.revision)) {
    if (part.empty() || part == "." || part == ".." || part == "/") return {};
  }
  if (out.revision.empty()) return {};
  out.id = text;
  return out;
}

fs::path repo_folder(const HubSettings& settings, const RepoName& repo) {
  std::string name = "models--" + repo.id;
  return settings.cache / name.replace(name.find('/'), 1, "--");
}

bool is_commit(std::string_view revision) {
  return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void write_tree(const fs::path& folder, const std::string& commit, const Tree& tree) {
  Json files = Json::object();
  for (const auto& [name, entry] : tree) {
    files[name] = {{"size", entry.size}, {"blob_id", entry.blob_id}};
    if (!entry.lfs_sha256.empty()) {
      files[name]["lfs_sha256"] = entry.lfs_sha256;
      files[name]["lfs_size"] = entry.size;
    }
    if (!entry.xet_hash.empty()) files[name]["xet_hash"] = entry.xet_hash;
  }
  base::make_directories(folder / "trees");
  base::write_json(folder / "trees" / (commit + ".json"), {{"format_version", kTreeVersion}, {"files", files}});
}

std::optional<Tree> read_tree(const fs::path& folder, const std::string& commit) {
  const fs::path path = folder / "trees" / (commit + ".json");
  if (!fs::is_regular_file(path)) return {};
  const Json json = base::read_json(path);
  if (json.value("format_version", 0) != kTreeVersion || !json.contains("files")) return {};
  Tree out;
  for (const auto& [name, entry] : json["files"].items()) {
    out[name] = {.size = entry.value("size", uint64_t{0}),
                 .blob_id = entry.value("blob_id", std::string()),
                 .lfs_sha256 = entry.value("lfs_sha256", std::string())};
  }
  return out;
}

std::optional<fs::path> cached_snapshot(const HubSettings& settings, const RepoName& repo) {
  const fs::path folder = repo_folder(settings, repo);
  std::string commit = repo.revision;
  if (!is_commit(commit)) {
    const fs::path ref = folder / "refs" / repo.revision;
    if (!fs::is_regular_file(ref)) return {};
    commit = trimmed(base::read_file(ref));
    if (!is_commit(commit)) {
      throw Error(ErrorKind::kData,
                  str(ref.string(), ": got \"", commit.substr(0, 60), "\", expected a commit of 40 digits"));
    }
  }
  const fs::path snapshot = folder / "snapshots" / commit;
  if (!fs::is_directory(snapshot)) return {};
  for (const auto& entry : fs::recursive_directory_iterator(snapshot)) {
    if (entry.is_symlink() && !fs::exists(entry.path())) {
      throw Error(ErrorKind::kNotFound, str(entry.path().string(), ": points to a file that is not there; lmkor pull ",
                                            repo.id, "@", repo.revision, " fetches it again"));
    }
  }
  return snapshot;
}

fs::path find_source(const std::string& text) {
  if (fs::exists(text)) {
    const fs::path run = fs::path(text) / "model";
    const bool is_run = !fs::exists(fs::path(text) / kConfigFile) && fs::is_regular_file(run / kConfigFile);
    return is_run ? run : fs::path(text);
  }
  if (const std::optional<RepoName> repo = parse_repo_name(text)) {
    const HubSettings settings = read_hub_settings();
    if (const auto snapshot = cached_snapshot(settings, *repo)) return *snapshot;
    throw Error(ErrorKind::kNotFound, str(text, ": no such folder, and not in the cache ", settings.cache.string(),
                                          "; lmkor pull ", text, " fetches it"));
  }
  throw Error(ErrorKind::kNotFound, str(text, ": no such folder"));
}

fs::path find_model(const std::string& text) {
  fs::path dir = find_source(text);
  if (fs::is_regular_file(dir / kConfigFile)) return dir;
  throw Error(ErrorKind::kNotFound,
              str(text, ": no model: expected a folder with config.json, or a run with model/config.json"));
}

}  // namespace lmkor::hub
