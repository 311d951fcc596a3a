// Protocol: huggingface_hub/_commit_api.py and lfs.py (2.4), github.com/git-lfs/git-lfs/docs/api/batch.md.
#include "lmkor/hub/upload.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <openssl/evp.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
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

constexpr size_t kSampleBytes = 512;  // by which the hub tells text from other files

struct File {
  std::string name;  // in the repository
  base::MappedFile data;
  std::string sha256 = {};
  bool is_large = false;  // goes by LFS
  bool is_ignored = false;
};

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

std::vector<File> files_of(const fs::path& dir) {
  std::vector<File> out;
  for (auto it = fs::recursive_directory_iterator(dir); it != fs::recursive_directory_iterator(); ++it) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (hidden && it->is_directory()) it.disable_recursion_pending();
    if (hidden || !it->is_regular_file()) continue;
    out.push_back({.name = fs::relative(it->path(), dir).string(), .data = base::MappedFile(it->path())});
  }
  std::sort(out.begin(), out.end(), [](const File& a, const File& b) { return a.name < b.name; });
  if (out.empty()) throw Error(ErrorKind::kNotFound, str(dir.string(), ": no files in this folder"));
  return out;
}

// 0 for a text that is no number.
uint64_t number_of(const std::string& text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

class Pusher {
 public:
  Pusher(const HubSettings& settings, const RepoName& repo, const PushOptions& options)
      : settings_(settings), repo_(repo), options_(options), client_(settings, repo, options.tries) {}

  Pushed run(const fs::path& dir) {
    std::vector<File> files = files_of(dir);
    make_repository();
    choose_ways(files);
    Pushed out;
    out.bytes_uploaded = upload(files);
    const Json answer = commit(files);
    out.commit = answer.value("commitOid", std::string());
    out.url = answer.value("commitUrl", std::string());
    out.files =
        static_cast<uint64_t>(std::count_if(files.begin(), files.end(), [](const File& f) { return !f.is_ignored; }));
    return out;
  }

 private:
  Json post(const std::string& url, const Json& body, std::string_view what, const char* type = "application/json") {
    const std::string text = body.dump();
    return client_.json(
        {.method = "POST", .url = url, .headers = {str("Content-Type: ", type), str("Accept: ", type)}, .body = text},
        what);
  }

  void make_repository() {
    const size_t slash = repo_.id.find('/');
    const std::string body = Json{
        {"type", "model"},
        {"organization", repo_.id.substr(0, slash)},
        {"name", repo_.id.substr(slash + 1)},
        {"private",
         options_.is_private}}.dump();
    const HttpResponse response = client_.send({.method = "POST",
                                                .url = settings_.endpoint + "/api/repos/create",
                                                .headers = {"Content-Type: application/json"},
                                                .body = body});
    constexpr int kExists = 409;
    if (!response.ok() && response.status != kExists) client_.fail(response, "making the repository");
  }

  // The hub says which files go by LFS and which it does not want.
  void choose_ways(std::vector<File>& files) {
    Json list = Json::array();
    for (const File& file : files) {
      const std::string_view bytes = file.data.bytes();
      list.push_back({{"path", file.name}, {"sample", base64(bytes.substr(0, kSampleBytes))}, {"size", bytes.size()}});
    }
    const std::string url =
        str(settings_.endpoint, "/api/models/", repo_.id, "/preupload/", url_escaped(repo_.revision, false));
    const Json answer = post(url, {{"files", list}}, "how files are uploaded");
    std::map<std::string, Json> ways;
    for (const Json& way : base::json_get<Json>(answer, "files", url))
      ways[base::json_get<std::string>(way, "path", url)] = way;
    for (File& file : files) {
      const Json& way = ways[file.name];
      file.is_large = way.is_object() && way.value("uploadMode", std::string()) == "lfs" && !file.data.bytes().empty();
      file.is_ignored = way.is_object() && way.value("shouldIgnore", false);
      if (file.is_large) file.sha256 = base::sha256(file.data.bytes());
    }
  }

  uint64_t upload(const std::vector<File>& files) {
    Json objects = Json::array();
    std::map<std::string, const File*> by_hash;
    for (const File& file : files) {
      if (!file.is_large || file.is_ignored) continue;
      if (by_hash.emplace(file.sha256, &file).second) {
        objects.push_back({{"oid", file.sha256}, {"size", file.data.bytes().size()}});
      }
    }
    if (objects.empty()) return 0;
    const std::string url = str(settings_.endpoint, "/", repo_.id, ".git/info/lfs/objects/batch");
    const Json answer = post(url,
                             {{"operation", "upload"},
                              {"transfers", {"basic", "multipart"}},
                              {"hash_algo", "sha256"},
                              {"ref", {{"name", repo_.revision}}},
                              {"objects", objects}},
                             "where large files go", "application/vnd.git-lfs+json");
    uint64_t total = 0, done = 0;
    for (const auto& [hash, file] : by_hash) total += file->data.bytes().size();
    base::Progress progress("push", "bytes", total);
    for (const Json& object : base::json_get<Json>(answer, "objects", url)) {
      const auto found = by_hash.find(base::json_get<std::string>(object, "oid", url));
      if (found == by_hash.end()) continue;
      const File& file = *found->second;
      if (object.contains("error")) {
        throw Error(ErrorKind::kEnvironment, str(file.name, ": the hub refuses it: ", object["error"].dump()));
      }
      if (!object.contains("actions")) continue;  // the hub has it
      upload_one(file, object["actions"], url);
      progress.update(done += file.data.bytes().size());
    }
    progress.finish();
    return done;
  }

  void upload_one(const File& file, const Json& actions, const std::string& url) {
    const auto to = base::json_get<Json>(actions, "upload", url);
    const auto href = base::json_get<std::string>(to, "href", url);
    const Json header = to.value("header", Json::object());
    const std::string what = "uploading " + file.name;
    if (header.contains("chunk_size")) {
      upload_parts(file, href, header, what);
    } else {
      client_.expect({.method = "PUT", .url = href, .body = file.data.bytes()}, what);
    }
    if (actions.contains("verify")) {
      post(base::json_get<std::string>(actions["verify"], "href", url),
           {{"oid", file.sha256}, {"size", file.data.bytes().size()}}, what);
    }
  }

  // A file in parts: their URLs are members of the header, named by their numbers.
  void upload_parts(const File& file, const std::string& href, const Json& header, const std::string& what) {
    const Json& given = header["chunk_size"];
    const uint64_t part_bytes = given.is_string() ? number_of(given.get<std::string>()) : given.get<uint64_t>();
    std::map<uint64_t, std::string> urls;
    for (const auto& [key, value] : header.items()) {
      if (key.find_first_not_of("0123456789") == std::string::npos) urls[number_of(key)] = value.get<std::string>();
    }
    const std::string_view bytes = file.data.bytes();
    if (part_bytes == 0 || urls.size() != (bytes.size() + part_bytes - 1) / part_bytes) {
      throw Error(ErrorKind::kEnvironment, str(what, ": the hub gives ", urls.size(), " parts of ", part_bytes,
                                               " bytes for ", bytes.size(), " bytes"));
    }
    Json parts = Json::array();
    for (const auto& [number, part_url] : urls) {
      const std::string_view part = bytes.substr(parts.size() * part_bytes, part_bytes);
      const HttpResponse response = client_.expect({.method = "PUT", .url = part_url, .body = part}, what);
      const auto etag = response.headers.find("etag");
      if (etag == response.headers.end())
        throw Error(ErrorKind::kEnvironment, str(what, ": a part came back without an etag"));
      parts.push_back({{"partNumber", parts.size() + 1}, {"etag", etag->second}});
    }
    post(href, {{"oid", file.sha256}, {"parts", parts}}, what, "application/vnd.git-lfs+json");
  }

  Json commit(const std::vector<File>& files) {
    std::string body =
        Json{{"key", "header"}, {"value", {{"summary", options_.message}, {"description", ""}}}}.dump() + "\n";
    for (const File& file : files) {
      if (file.is_ignored) continue;
      Json line;
      if (file.is_large) {
        line = {{"key", "lfsFile"},
                {"value",
                 {{"path", file.name}, {"algo", "sha256"}, {"oid", file.sha256}, {"size", file.data.bytes().size()}}}};
      } else {
        line = {{"key", "file"},
                {"value", {{"content", base64(file.data.bytes())}, {"path", file.name}, {"encoding", "base64"}}}};
      }
      body += line.dump() + "\n";
    }
    const std::string url =
        str(settings_.endpoint, "/api/models/", repo_.id, "/commit/", url_escaped(repo_.revision, false));
    return client_.json({.method = "POST", .url = url, .headers = {"Content-Type: application/x-ndjson"}, .body = body},
                        "the commit");
  }

  const HubSettings& settings_;
  const RepoName& repo_;
  const PushOptions& options_;
  HubClient client_;
};

}  // namespace

Pushed push(const HubSettings& settings, const RepoName& repo, const fs::path& dir, const PushOptions& options) {
  if (settings.offline) throw Error(ErrorKind::kEnvironment, "push: HF_HUB_OFFLINE forbids to reach the hub");
  if (settings.token.empty()) {
    throw Error(ErrorKind::kUsage, "push: no token; set HF_TOKEN, or log in with hf auth login");
  }
  return Pusher(settings, repo, options).run(dir);
}

}  // namespace lmkor::hub
