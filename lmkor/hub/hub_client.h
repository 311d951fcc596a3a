// Requests to a hub: the token goes to the hub's own host only, what fails in passing is tried again, what the hub
// refuses becomes an error that says what to do. download.h and upload.h are made of this.
#pragma once

#include <string>
#include <string_view>

#include "lmkor/base/json.h"
#include "lmkor/hub/cache.h"
#include "lmkor/hub/http.h"

namespace lmkor::hub {

class HubClient {
 public:
  HubClient(const HubSettings& settings, const RepoName& repo, int tries)
      : settings_(settings), repo_(repo), tries_(tries) {}

  // The answer to `request`, with the token if it goes to the hub. Redirects are followed within the hub, and with
  // `follow` to other hosts. Tries again after 408, 429 (as Retry-After says), 5xx and broken connections. Whatever the
  // last answer is comes back.
  HttpResponse send(HttpRequest request, bool follow = false);
  // The same, with an error for every answer that is none of 2xx and 3xx. `what` is what was asked for.
  HttpResponse expect(HttpRequest request, std::string_view what, bool follow = false);
  base::Json json(HttpRequest request, std::string_view what);

  // Throws what an answer means: kNotFound, kEnvironment.
  [[noreturn]] void fail(const HttpResponse& response, std::string_view what) const;
  const HubSettings& settings() const { return settings_; }
  const RepoName& repo() const { return repo_; }
  int tries() const { return tries_; }
  // Waits before try number `attempt` (from 1); an interrupt ends it.
  static void wait(int attempt, const HttpResponse& response);
  static bool passes(const HttpResponse& response);  // whether trying again may help

 private:
  const HubSettings& settings_;
  const RepoName& repo_;
  const int tries_;
  HttpClient client_;
};

}  // namespace lmkor::hub
