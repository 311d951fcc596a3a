#include "lmkor/hub/hub_client.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr int kMaxRedirects = 10;
constexpr double kFirstWaitSeconds = 0.25, kLongestWaitSeconds = 30;

std::string header(const HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

bool HubClient::passes(const HttpResponse& response) {
  return !response.error.empty() || response.status == 408 || response.status == 429 || response.status >= 500;
}

void HubClient::wait(int attempt, const HttpResponse& response) {
  double seconds = kFirstWaitSeconds * static_cast<double>(1 << std::min(attempt - 1, 10));
  if (const std::string after = header(response, "retry-after"); !after.empty()) {
    seconds = std::max(seconds, std::strtod(after.c_str(), nullptr));
  }
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(std::min(seconds, kLongestWaitSeconds));
  while (std::chrono::steady_clock::now() < until) {
    base::check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

HttpResponse HubClient::send(HttpRequest request, bool follow) {
  const std::vector<std::string> headers = request.headers;
  const std::string first = request.url;
  request.connect_seconds = settings_.etag_seconds;
  request.stall_seconds = settings_.download_seconds;
  HttpResponse response;
  for (int attempt = 1; attempt <= tries_; ++attempt) {
    request.url = first;
    for (int redirects = 0; redirects < kMaxRedirects; ++redirects) {
      const bool is_own = origin_of(request.url) == origin_of(settings_.endpoint);
      request.headers = headers;
      if (is_own && !settings_.token.empty()) request.headers.push_back("Authorization: Bearer " + settings_.token);
      response = client_.send(request);
      const std::string location = header(response, "location");
      if (!is_redirect(response.status) || location.empty()) break;
      const std::string next = redirected(request.url, location);
      if (!follow && origin_of(next) != origin_of(settings_.endpoint)) break;
      request.url = next;
    }
    if (!passes(response) || attempt == tries_) break;
    wait(attempt, response);
  }
  return response;
}

HttpResponse HubClient::expect(HttpRequest request, std::string_view what, bool follow) {
  HttpResponse response = send(std::move(request), follow);
  if (!response.error.empty() || response.status >= 400 || response.status == 0) fail(response, what);
  return response;
}

base::Json HubClient::json(HttpRequest request, std::string_view what) {
  const std::string url = request.url;
  return base::parse_json(expect(std::move(request), what).body, url);
}

void HubClient::fail(const HttpResponse& response, std::string_view what) const {
  const std::string name = str(repo_.id, repo_.revision == "main" ? "" : "@" + repo_.revision);
  const std::string code = header(response, "x-error-code"), message = header(response, "x-error-message");
  const std::string said = message.empty() ? "" : str(" (the hub says: ", message, ")");
  const char* token = settings_.token.empty() ? "no token was given" : "a token was given";
  if (!response.error.empty() || response.status == 0) {
    throw Error(ErrorKind::kEnvironment, str(settings_.endpoint, ": ", what, ": ", response.error, ", tried ", tries_,
                                             " times; with HF_HUB_OFFLINE=1 only the cache is asked"));
  }
  if (response.status == 403 && code.empty()) {
    throw Error(ErrorKind::kEnvironment, str(name, ": ", what, ": the hub refuses it; ", token, said));
  }
  if (code == "GatedRepo") {
    throw Error(ErrorKind::kNotFound, str(name, ": access has to be asked for at ", settings_.endpoint, "/", repo_.id,
                                          "; ", token, " (HF_TOKEN, or the file that hf auth login writes)", said));
  }
  if (code == "RevisionNotFound") {
    throw Error(ErrorKind::kNotFound, str(repo_.id, ": no revision \"", repo_.revision, "\"", said));
  }
  if (code == "EntryNotFound") throw Error(ErrorKind::kNotFound, str(name, ": ", what, ": no such file", said));
  if (response.status == 401 || response.status == 404) {
    throw Error(ErrorKind::kNotFound, str(name, ": no such repository at ", settings_.endpoint, ", or it is private; ",
                                          token, " (HF_TOKEN, or the file that hf auth login writes)", said));
  }
  throw Error(ErrorKind::kEnvironment, str(settings_.endpoint, ": ", what, ": the hub answered ", response.status, said,
                                           passes(response) ? str(", tried ", tries_, " times; try again later") : ""));
}

}  // namespace lmkor::hub
