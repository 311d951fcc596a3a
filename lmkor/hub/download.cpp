// Protocol: huggingface_hub/file_download.py and _snapshot_download.py (2.4).
#include "lmkor/hub/download.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <mutex>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/hub_client.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

constexpr const char* kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by huggingface_hub.\n"
    "# For information about cache directory tags, see:\n"
    "#\thttps://bford.info/cachedir/\n";

// The lock file of a blob, held while it is fetched: two processes do not fetch it twice.
class Lock {
 public:
  explicit Lock(const fs::path& path) {
    base::make_directories(path.parent_path());
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ >= 0) ::flock(fd_, LOCK_EX);
  }
  ~Lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_ = -1;
};

void check_name(const std::string& name, const RepoName& repo) {
  const fs::path path(name);
  bool leads_out = name.empty() || path.is_absolute() || name.find('\\') != std::string::npos;
  for (const fs::path& part : path) leads_out |= part == ".." || part == "." || part.empty();
  if (leads_out) {
    throw Error(ErrorKind::kData,
                str(repo.id, ": the hub names a file \"", name, "\", which would lie outside the cache"));
  }
}

void check_etag(const std::string& etag, const std::string& name, const RepoName& repo) {
  if (etag.empty() || etag.size() > 128 || etag.find_first_of("/\\") != std::string::npos || etag[0] == '.') {
    throw Error(ErrorKind::kData,
                str(repo.id, "/", name, ": the hub gives the etag \"", etag, "\", which is no file's name"));
  }
}

// Of a file as git names it: SHA-1 over "blob SIZE\0" and its bytes.
std::string git_blob_id(const fs::path& path) {
  const base::MappedFile file(path);
  const std::string head = str("blob ", file.bytes().size(), '\0');
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, head.data(), head.size());
  EVP_DigestUpdate(context, file.bytes().data(), file.bytes().size());
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
  return out;
}

std::string header(const HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

std::string plain_etag(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

// One repository at one commit on its way into the cache.
class Puller {
 public:
  Puller(const HubSettings& settings, const RepoName& repo, const PullOptions& options)
      : settings_(settings), repo_(repo), options_(options), folder_(repo_folder(settings, repo)) {}

  Pulled run() {
    HubClient client(settings_, repo_, options_.tries);
    Pulled out;
    out.commit = find_commit(client);
    out.snapshot = folder_ / "snapshots" / out.commit;
    std::optional<Tree> tree = read_tree(folder_, out.commit);
    if (!tree) {
      tree = fetch_tree(client, out.commit);
      write_tree(folder_, out.commit, *tree);
    }
    write_marks(out.commit);
    std::vector<std::pair<std::string, TreeEntry>> wanted;
    for (const auto& [name, entry] : *tree) {
      check_name(name, repo_);
      if (is_wanted(name)) wanted.emplace_back(name, entry);
    }
    if (wanted.empty()) {
      throw Error(ErrorKind::kNotFound, str(repo_.id, ": none of its ", tree->size(), " files fits the patterns"));
    }
    // Large files first, so that no long one is left for the end.
    std::stable_sort(wanted.begin(), wanted.end(),
                     [](const auto& a, const auto& b) { return a.second.size > b.second.size; });
    fetch_all(wanted, out);
    out.files = wanted.size();
    out.bytes_downloaded = downloaded_;
    out.from_cache = downloaded_ == 0;
    return out;
  }

 private:
  std::string find_commit(HubClient& client) const {
    if (is_commit(repo_.revision)) return repo_.revision;
    const std::string url =
        str(settings_.endpoint, "/api/models/", repo_.id, "/revision/", url_escaped(repo_.revision, false));
    const Json info = client.json({.url = url}, "the repository");
    const auto commit = base::json_get<std::string>(info, "sha", url);
    if (!is_commit(commit)) throw Error(ErrorKind::kData, str(url, ": sha: got \"", commit, "\", expected 40 digits"));
    return commit;
  }

  Tree fetch_tree(HubClient& client, const std::string& commit) const {
    Tree out;
    std::string url =
        str(settings_.endpoint, "/api/models/", repo_.id, "/tree/", commit, "?recursive=True&expand=False");
    while (!url.empty()) {
      const HttpResponse response = client.expect({.url = url}, "the list of files");
      for (const Json& entry : base::parse_json(response.body, url)) {
        if (entry.value("type", std::string()) != "file") continue;
        TreeEntry file{.size = entry.value("size", uint64_t{0}),
                       .blob_id = entry.value("oid", std::string()),
                       .xet_hash = entry.value("xetHash", std::string())};
        if (entry.contains("lfs") && entry["lfs"].is_object()) {
          file.lfs_sha256 = entry["lfs"].value("oid", std::string());
          file.size = entry["lfs"].value("size", file.size);
        }
        out[base::json_get<std::string>(entry, "path", url)] = file;
      }
      // the next page: Link: <URL>; rel="next"
      const std::string link = header(response, "link");
      const size_t begin = link.find('<'), end = link.find('>');
      const bool has_next = link.find("rel=\"next\"") != std::string::npos && begin < end && end != std::string::npos;
      url = has_next ? redirected(url, std::string_view(link).substr(begin + 1, end - begin - 1)) : "";
    }
    return out;
  }

  void write_marks(const std::string& commit) const {
    base::make_directories(settings_.cache);
    if (!fs::exists(settings_.cache / "CACHEDIR.TAG"))
      base::write_file_atomic(settings_.cache / "CACHEDIR.TAG", kCacheTag);
    if (is_commit(repo_.revision)) return;
    const fs::path ref = folder_ / "refs" / repo_.revision;
    base::make_directories(ref.parent_path());
    base::write_file_atomic(ref, commit);
  }

  bool is_wanted(const std::string& name) const {
    const auto any = [&](const std::vector<std::string>& patterns) {
      return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fits_pattern(name, p); });
    };
    return (options_.include.empty() || any(options_.include)) && !any(options_.exclude);
  }

  void fetch_all(const std::vector<std::pair<std::string, TreeEntry>>& wanted, const Pulled& pulled) {
    uint64_t total = 0;
    for (const auto& [name, entry] : wanted) total += entry.size;
    base::Progress progress("pull", "bytes", total);
    std::future<void> done = std::async(std::launch::async, [&] {
      base::parallel_for(wanted.size(), options_.parallel_files, [&](size_t i) {
        if (failed_) return;
        try {
          fetch(wanted[i].first, wanted[i].second, pulled);
        } catch (...) {
          failed_ = true;  // what is not begun need not be
          throw;
        }
      });
    });
    while (done.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) progress.update(present_);
    done.get();
    progress.update(total);
    progress.finish();
  }

  void fetch(const std::string& name, const TreeEntry& entry, const Pulled& pulled) {
    const fs::path pointer = pulled.snapshot / name;
    if (fs::exists(pointer)) {  // follows links: a dangling one does not exist
      present_ += entry.size;
      return;
    }
    HubClient client(settings_, repo_, options_.tries);
    const std::string url =
        str(settings_.endpoint, "/", repo_.id, "/resolve/", pulled.commit, "/", url_escaped(name, true));
    const HttpResponse head =
        client.expect({.method = "HEAD", .url = url, .headers = {"Accept-Encoding: identity"}}, name);
    const std::string linked = header(head, "x-linked-etag"),
                      etag = plain_etag(linked.empty() ? header(head, "etag") : linked);
    check_etag(etag, name, repo_);
    const fs::path blob = folder_ / "blobs" / etag;
    base::make_directories(blob.parent_path());
    base::make_directories(pointer.parent_path());
    const Lock lock(settings_.cache / ".locks" / folder_.filename() / (etag + ".lock"));
    if (fs::exists(pointer) || fs::exists(blob)) {
      present_ += entry.size;  // another process, or a file of the same bytes, was first
    } else {
      download(url, name, etag, entry.size, blob);
    }
    if (fs::exists(pointer)) return;
    std::error_code ignored;
    fs::remove(pointer, ignored);  // a link to nothing
    if (!settings_.symlinks) return base::rename_path(blob, pointer);
    std::error_code error;
    fs::create_symlink(fs::relative(blob, pointer.parent_path()), pointer, error);
    if (error && !fs::exists(pointer)) {
      throw Error(ErrorKind::kOutput, str(pointer.string(), ": cannot be made: ", error.message(),
                                          "; HF_HUB_DISABLE_SYMLINKS=1 does without links"));
    }
  }

  // The bytes of `url` into `blob`; what an earlier try or run left is gone on with.
  void download(const std::string& url, const std::string& name, const std::string& etag, uint64_t size,
                const fs::path& blob) {
    HubClient client(settings_, repo_, 1);  // tries are counted here, where it is known how much is there
    const fs::path part = blob.string() + ".lmkor.incomplete";
    std::string reason;
    for (int attempt = 1; attempt <= options_.tries; ++attempt) {
      uint64_t have = fs::exists(part) ? fs::file_size(part) : 0;
      if (have > size) have = fs::remove(part) ? 0 : size;
      HttpResponse response;
      response.status = 206;
      if (have < size || size == 0) response = transfer(client, url, part, have);
      if (response.ok() && fs::file_size(part) == size) return finish(part, blob, name, etag);
      if (response.error.empty() && !response.ok() && !HubClient::passes(response)) client.fail(response, name);
      reason = !response.error.empty() ? response.error
               : !response.ok()        ? str("the hub answered ", response.status)
                                       : str("got ", fs::file_size(part), " bytes, expected ", size);
      if (response.ok() && fs::file_size(part) > size) fs::remove(part);
      if (attempt < options_.tries) HubClient::wait(attempt, response);
    }
    throw Error(ErrorKind::kEnvironment, str(repo_.id, "/", name, ": ", reason, ", tried ", options_.tries,
                                             " times; run the same command again to go on"));
  }

  HttpResponse transfer(HubClient& client, const std::string& url, const fs::path& part, uint64_t have) {
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) throw Error(ErrorKind::kOutput, str(part.string(), ": cannot be written: ", std::strerror(errno)));
    uint64_t counted = have, at = have;
    bool begun = false;
    int failure = 0;
    present_ += have;
    HttpRequest request{.url = url, .headers = {"Accept-Encoding: identity"}};
    if (have > 0) request.headers.push_back(str("Range: bytes=", have, "-"));
    request.on_body = [&](int status, std::string_view piece) {
      if (!std::exchange(begun, true)) {
        if (status != 206) at = 0;  // the range was ignored: everything comes
        present_ -= std::exchange(counted, at) - at;
        if (::ftruncate(fd, static_cast<off_t>(at)) != 0) failure = errno;
      }
      while (!piece.empty() && failure == 0) {
        const ssize_t written = ::pwrite(fd, piece.data(), piece.size(), static_cast<off_t>(at));
        if (written < 0 && errno != EINTR) failure = errno;
        if (written <= 0) continue;
        at += static_cast<uint64_t>(written);
        piece.remove_prefix(static_cast<size_t>(written));
        present_ += static_cast<uint64_t>(written);
        counted += static_cast<uint64_t>(written);
        downloaded_ += static_cast<uint64_t>(written);
      }
      return failure == 0;
    };
    HttpResponse response;
    try {
      response = client.send(request, true);
    } catch (...) {
      ::close(fd);
      throw;
    }
    if (failure == 0 && ::fsync(fd) != 0) failure = errno;
    ::close(fd);
    if (failure != 0) {
      throw Error(ErrorKind::kOutput, str(part.string(), ": cannot be written: ", std::strerror(failure),
                                          "; free some space and run the same command again"));
    }
    if (!response.ok()) present_ -= counted;
    if (response.status == 416) fs::remove(part);  // a rest that the hub does not have
    return response;
  }

  void finish(const fs::path& part, const fs::path& blob, const std::string& name, const std::string& etag) const {
    std::string hash = etag;
    if (etag.size() == 64) hash = base::sha256_file(part);
    if (etag.size() == 40) hash = git_blob_id(part);
    if (hash != etag) {
      fs::remove(part);
      throw Error(ErrorKind::kData, str(repo_.id, "/", name, ": wrong bytes came: their hash is ", hash, ", expected ",
                                        etag, "; they were removed, run the same command again"));
    }
    base::rename_path(part, blob);
  }

  const HubSettings& settings_;
  const RepoName& repo_;
  const PullOptions& options_;
  const fs::path folder_;
  std::atomic<uint64_t> present_ = 0, downloaded_ = 0;
  std::atomic<bool> failed_ = false;
};

}  // namespace

bool fits_pattern(std::string_view name, std::string_view pattern) {
  size_t n = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*') {
      ++n, ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Pulled pull(const HubSettings& settings, const RepoName& repo, const PullOptions& options) {
  if (!settings.offline) return Puller(settings, repo, options).run();
  const std::optional<fs::path> snapshot = cached_snapshot(settings, repo);
  if (!snapshot) {
    throw Error(ErrorKind::kNotFound, str(repo.id, "@", repo.revision, ": not in the cache ", settings.cache.string(),
                                          ", and HF_HUB_OFFLINE forbids to fetch it"));
  }
  Pulled out{.snapshot = *snapshot, .commit = snapshot->filename().string(), .from_cache = true};
  const std::optional<Tree> tree = read_tree(repo_folder(settings, repo), out.commit);
  for (const auto& [name, entry] : tree.value_or(Tree{})) {
    const auto fits = [&name = name](const std::string& pattern) { return fits_pattern(name, pattern); };
    const bool wanted =
        (options.include.empty() || std::any_of(options.include.begin(), options.include.end(), fits)) &&
        std::none_of(options.exclude.begin(), options.exclude.end(), fits);
    if (!wanted) continue;
    ++out.files;
    if (!fs::exists(*snapshot / name)) {
      throw Error(ErrorKind::kNotFound,
                  str((*snapshot / name).string(),
                      ": the snapshot in the cache is not complete, and HF_HUB_OFFLINE forbids to "
                      "fetch the rest"));
    }
  }
  return out;
}

}  // namespace lmkor::hub
