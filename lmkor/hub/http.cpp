#include "lmkor/hub/http.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <type_traits>

#include <curl/curl.h>
#include <dlfcn.h>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"

namespace lmkor::hub {

using base::str;

namespace {

constexpr size_t kMaxBodyBytes = size_t{64} << 20;

// libcurl, loaded when the first client is made: with what it needs itself it takes 5 ms, which no other command should
// pay at its start.
struct Curl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;

  // Throws kEnvironment where it is not installed.
  static const Curl& get() {
    static const Curl curl = load();
    return curl;
  }

 private:
  static Curl load() {
    constexpr const char* kLibrary = "libcurl.so.4";
    void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    const auto find = [&](auto& function, const char* name) {
      void* found = library != nullptr ? ::dlsym(library, name) : nullptr;
      if (found == nullptr) {
        throw base::Error(base::ErrorKind::kEnvironment,
                          str(kLibrary, ": cannot be loaded: ", ::dlerror(), "; install it (libcurl4) to use a hub"));
      }
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
    };
    Curl out;
    find(out.global_init, "curl_global_init");
    find(out.easy_init, "curl_easy_init");
    find(out.easy_cleanup, "curl_easy_cleanup");
    find(out.easy_reset, "curl_easy_reset");
    find(out.easy_setopt, "curl_easy_setopt");
    find(out.easy_getinfo, "curl_easy_getinfo");
    find(out.easy_perform, "curl_easy_perform");
    find(out.easy_strerror, "curl_easy_strerror");
    find(out.slist_append, "curl_slist_append");
    find(out.slist_free_all, "curl_slist_free_all");
    out.global_init(CURL_GLOBAL_DEFAULT);
    return out;
  }
};

// What the callbacks of one transfer share.
struct Transfer {
  const Curl& curl;
  CURL* easy;
  const HttpRequest& request;
  HttpResponse& response;
  size_t sent = 0;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

size_t on_header(const char* data, size_t, size_t bytes, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // after 100 Continue
  if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    transfer.response.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  return bytes;
}

size_t on_piece(const char* data, size_t, size_t bytes, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  transfer.curl.easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.request.on_body && status >= 200 && status < 300) {
    return transfer.request.on_body(static_cast<int>(status), {data, bytes}) ? bytes : 0;
  }
  if (transfer.response.body.size() + bytes > kMaxBodyBytes) return 0;
  transfer.response.body.append(data, bytes);
  return bytes;
}

size_t on_read(char* data, size_t, size_t room, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view piece = transfer.request.body.substr(transfer.sent, room);
  std::memcpy(data, piece.data(), piece.size());
  transfer.sent += piece.size();
  return piece.size();
}

// A connection that broke while it was kept makes curl send the body once more.
int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(user)->sent = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return base::interrupted() != 0; }

}  // namespace

struct HttpClient::Handle {
  const Curl& curl;
  CURL* easy;
};

HttpClient::HttpClient() {
  const Curl& curl = Curl::get();
  handle_ = std::make_unique<Handle>(Handle{curl, curl.easy_init()});
}

HttpClient::~HttpClient() { handle_->curl.easy_cleanup(handle_->easy); }

HttpResponse HttpClient::send(const HttpRequest& request) {
  const Curl& curl = handle_->curl;
  CURL* easy = handle_->easy;
  curl.easy_reset(easy);
  HttpResponse response;
  Transfer transfer{curl, easy, request, response};
  char reason[CURL_ERROR_SIZE] = "";
  curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  curl.easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_seconds * 1000));
  curl.easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request.stall_seconds)));
  curl.easy_setopt(easy, CURLOPT_USERAGENT, str("lmkor/", base::kVersion).c_str());
  curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl.easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_piece);
  curl.easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  if (request.method == "HEAD") {
    curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl.easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl.easy_setopt(easy, CURLOPT_READDATA, &transfer);
    curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl.easy_setopt(easy, CURLOPT_SEEKDATA, &transfer);
  }
  curl_slist* headers = curl.slist_append(nullptr, "Expect:");
  for (const std::string& header : request.headers) headers = curl.slist_append(headers, header.c_str());
  curl.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl.easy_perform(easy);
  curl.slist_free_all(headers);
  base::check_interrupt();
  long status = 0;
  curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  if (code != CURLE_OK) response.error = *reason != '\0' ? reason : curl.easy_strerror(code);
  return response;
}

std::string origin_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::string_view authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  // what stands before an @ is a name and a password, not the host
  return lower(str(url.substr(0, scheme + 3), authority.substr(authority.rfind('@') + 1)));
}

std::string redirected(std::string_view url, std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) return str(url.substr(0, url.find(':') + 1), location);
  if (location.starts_with('/')) return str(origin_of(url), location);
  return str(url.substr(0, url.rfind('/') + 1), location);
}

std::string url_escaped(std::string_view text, bool keep_slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::strchr("-._~", c) || (c == '/' && keep_slash)) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace lmkor::hub
