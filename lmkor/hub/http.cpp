#include "lmkor/hub/http.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <mutex>

#include <curl/curl.h>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"

namespace lmkor::hub {

using base::str;

namespace {

constexpr size_t kMaxBodyBytes = size_t{64} << 20;

// What the callbacks of one transfer share.
struct Transfer {
  CURL* curl;
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
  ::curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
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
  CURL* curl;
};

HttpClient::HttpClient() {
  static std::once_flag once;
  std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
  handle_ = std::make_unique<Handle>(Handle{::curl_easy_init()});
}

HttpClient::~HttpClient() { ::curl_easy_cleanup(handle_->curl); }

HttpResponse HttpClient::send(const HttpRequest& request) {
  CURL* curl = handle_->curl;
  ::curl_easy_reset(curl);
  HttpResponse response;
  Transfer transfer{curl, request, response};
  char reason[CURL_ERROR_SIZE] = "";
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  ::curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_seconds * 1000));
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request.stall_seconds)));
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, str("lmkor/", base::kVersion).c_str());
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_piece);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  ::curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  if (request.method == "HEAD") {
    ::curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    ::curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    ::curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    ::curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    ::curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    ::curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    ::curl_easy_setopt(curl, CURLOPT_SEEKDATA, &transfer);
  }
  curl_slist* headers = ::curl_slist_append(nullptr, "Expect:");
  for (const std::string& header : request.headers) headers = ::curl_slist_append(headers, header.c_str());
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  const CURLcode code = ::curl_easy_perform(curl);
  ::curl_slist_free_all(headers);
  base::check_interrupt();
  long status = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  if (code != CURLE_OK) response.error = *reason != '\0' ? reason : ::curl_easy_strerror(code);
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
