// One HTTP request at a time over libcurl, with the care that a hub needs: redirects are the caller's, so that a token
// never follows one to another host; a signal ends a transfer; a stalled one fails.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::hub {

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::string> headers = {};  // "Accept: application/json"
  std::string_view body = {};             // of POST and PUT; must outlive the call
  double connect_seconds = 10;
  double stall_seconds = 10;  // without a byte
  // Takes the body of an answer of 2xx piece by piece instead of HttpResponse::body; false ends the transfer.
  std::function<bool(int status, std::string_view piece)> on_body = {};
};

struct HttpResponse {
  int status = 0;                              // 0: none came
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;                            // at most 64 MiB
  std::string error;                           // why none came, or why the body is not complete; else empty
  bool ok() const { return error.empty() && status >= 200 && status < 300; }
};

// A connection that is kept from request to request; for one thread.
class HttpClient {
 public:
  HttpClient();  // throws kEnvironment where libcurl is not installed
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  // Throws kInterrupted alone; whatever else goes wrong stands in the response.
  HttpResponse send(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

// "https://hub.example:8080" of a URL.
std::string origin_of(std::string_view url);
// `location` as a redirect of `url` gives it, made absolute.
std::string redirected(std::string_view url, std::string_view location);
// Text as it may stand in a URL's path; '/' stays if `keep_slash`.
std::string url_escaped(std::string_view text, bool keep_slash);

}  // namespace lmkor::hub
