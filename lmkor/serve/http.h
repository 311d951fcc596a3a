// A request and its answer as the routes see them, without sockets.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lmkor::serve {

struct HttpRequest {
  std::string method, path;  // the path decoded, without the query
  std::string query;
  std::string body;
  std::string content_type;
  std::string client;         // whose share of the queue it takes: the address
  std::string id;             // echoed as x-request-id
  bool wants_events = false;  // Accept: text/event-stream
};

// Gives `take` the next part of a stream, once, from any thread; an empty part ends it.
using NextPart = std::function<void(std::function<void(std::string)> take)>;

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  NextPart next_part;  // where it is set the body comes in parts
};
using Respond = std::function<void(HttpResponse)>;
// Runs something on a thread that may take its time with JSON.
using Post = std::function<void(std::function<void()>)>;

// The value of `key` in a query string, percent-decoded; empty if it is not there.
std::string query_value(std::string_view query, std::string_view key);
std::string percent_decoded(std::string_view text);

}  // namespace lmkor::serve
