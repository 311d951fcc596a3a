#include "lmkor/serve/page.h"

#include <algorithm>
#include <fstream>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/serve/api.h"

namespace lmkor::serve {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::str;

constexpr size_t kMostReports = 500;
constexpr int kMostDepth = 4;
constexpr uint64_t kMostBytes = uint64_t{32} << 20;

// What may be read of the folder, and as what.
constexpr std::pair<const char*, const char*> kReadable[] = {
    {"report.html", "text/html; charset=utf-8"},
    {"metrics.jsonl", "application/x-ndjson"},
};

const char* type_of(const fs::path& path) {
  for (const auto& [name, type] : kReadable) {
    if (path.filename() == name) return type;
  }
  return nullptr;
}

HttpResponse text(std::string body, const char* type) {
  HttpResponse out;
  out.body = std::move(body);
  out.content_type = type;
  // A report is a file of ours, but its texts are anybody's: nothing in it may run but its own inline parts, nor send.
  out.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
  return out;
}

}  // namespace

Page::Page(const fs::path& reports) {
  if (reports.empty()) return;
  if (!fs::is_directory(reports)) {
    throw base::Error(base::ErrorKind::kNotFound,
                      str(reports.string(), ": got no folder, expected one with reports and runs"));
  }
  reports_ = fs::canonical(reports);
}

std::optional<HttpResponse> Page::answer(const HttpRequest& request) const {
  if (request.method != "GET") return std::nullopt;
  const std::string name = request.path == "/"                  ? "index.html"
                           : request.path.starts_with("/page/") ? request.path.substr(6)
                                                                : "";
  for (const Asset& asset : assets()) {
    if (name != asset.name) continue;
    HttpResponse out = text(std::string(asset.bytes), asset.content_type);
    out.headers.emplace_back("Cache-Control", "no-cache");
    return out;
  }
  if (request.path == "/reports") return list();
  constexpr std::string_view kReports = "/reports/";
  if (request.path.starts_with(kReports)) return file(request.path.substr(kReports.size()));
  return std::nullopt;
}

// The newest first; a run that is going on has metrics before it has a report.
HttpResponse Page::list() const {
  struct Found {
    std::string path;
    fs::file_time_type time;
  };
  std::vector<Found> found;
  std::error_code fault;
  if (!reports_.empty()) {
    fs::recursive_directory_iterator at(reports_, fs::directory_options::skip_permission_denied, fault), end;
    for (; !fault && at != end && found.size() < kMostReports; at.increment(fault)) {
      if (at.depth() >= kMostDepth) at.disable_recursion_pending();
      if (at->is_regular_file(fault) && type_of(at->path()) != nullptr) {
        found.push_back({at->path().lexically_relative(reports_).string(), at->last_write_time(fault)});
      }
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.time != b.time ? a.time > b.time : a.path < b.path; });
  Json out = Json::array();
  for (const Found& one : found) out.push_back(one.path);
  HttpResponse response;
  response.body = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

HttpResponse Page::file(const std::string& name) const {
  const ApiError missing{404, "Validation", "there is no such report"};
  std::error_code fault;
  const fs::path path = reports_.empty() ? fs::path() : fs::canonical(reports_ / fs::path(name).relative_path(), fault);
  // canonical() has followed links and "..": what is not below the folder is not there.
  const auto [end, rest] = std::mismatch(reports_.begin(), reports_.end(), path.begin(), path.end());
  const char* const type = type_of(path);
  if (fault || path.empty() || end != reports_.end() || type == nullptr || !fs::is_regular_file(path, fault) ||
      fs::file_size(path, fault) > kMostBytes) {
    return error_response(missing);
  }
  std::ifstream in(path, std::ios::binary);
  return text(std::string(std::istreambuf_iterator<char>(in), {}), type);
}

}  // namespace lmkor::serve
