// HTTP/1.1 over Boost.Beast: connections, limits, keys, compression, shutting down. Knows no routes and no models.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/serve/http.h"

namespace lmkor::serve {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int64_t port = 8080;
  int64_t max_body_bytes = int64_t{2} << 20;
  int64_t max_connections = 4096;
  double read_seconds = 30;
  double idle_seconds = 75;
  double drain_seconds = 30;
  int64_t io_threads = 1;
  std::string api_key;
  std::vector<std::string> cors_origins;
  std::string tls_certificate, tls_key;
  std::string log = "requests";
  void address_fields(config::Fields& f);  // host, port
  void fields(config::Fields& f);          // the others
  void check(config::Faults& faults) const;
};

// Called for each request, on a thread of the server; calls `respond` once, at once or later, from any thread.
using Handle = std::function<void(HttpRequest request, Post post, Respond respond)>;

struct ServerEvents {
  std::function<void(int port)> listening;        // port 0 was asked: this one it is
  std::function<void()> draining;                 // no new connections; what is under way ends
  std::function<bool()> stopped;                  // asked some times a second
  std::function<void()> tick;                     // called as often
  std::function<void(int64_t open)> connections;  // how many are open
};

// Serves until stopped() holds and what was under way is answered, or drain_seconds have passed. Throws kEnvironment
// where the address cannot be had or the certificate cannot be read.
void run_server(const ServerOptions& options, const Handle& handle, const ServerEvents& events);

}  // namespace lmkor::serve
