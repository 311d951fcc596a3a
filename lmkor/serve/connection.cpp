#include "lmkor/serve/connection.h"

#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <openssl/crypto.h>

#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/serve/api.h"
#include "lmkor/serve/gzip.h"

namespace lmkor::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using base::str;

constexpr uint32_t kHeaderBytes = 16 << 10;
constexpr size_t kLeastToCompress = 1024;
constexpr double kLingerSeconds = 2;
constexpr size_t kLingerReads = 1 << 14;
constexpr const char* kPublicPaths[] = {"/", "/health", "/v2/health/live", "/v2/health/ready"};

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(1000 * seconds));
}

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

bool mentions(beast::string_view header, const char* what) { return header.find(what) != beast::string_view::npos; }

std::string new_id() {
  static std::atomic<uint64_t> next = 0;
  static const auto start = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  char id[40];
  std::snprintf(id, sizeof id, "%llx-%llx", static_cast<unsigned long long>(start),
                static_cast<unsigned long long>(++next));
  return id;
}

// A request id of the client, if it is one that can stand in a header and a log.
bool is_id(beast::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\';
  });
}

using Response = http::response<http::string_body>;

template <class Stream>
class Connection {
 public:
  Connection(Connections& all, Stream stream, std::string client)
      : all_(all), stream_(std::move(stream)), client_(std::move(client)) {
    member_.strand = stream_.get_executor();
    member_.close = [this] { beast::get_lowest_layer(stream_).cancel(); };
    all_.add(&member_);
  }
  ~Connection() { all_.remove(&member_); }

  asio::awaitable<void> run() {
    beast::error_code fault;
    if constexpr (!std::is_same_v<Stream, beast::tcp_stream>) {
      expire(options().read_seconds);
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, fault));
      if (fault) co_return;
    }
    bool goes_on = true;
    while (goes_on) goes_on = co_await serve_one();
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      // A client that is still sending would lose the answer to a reset if nobody read on.
      stream_.socket().shutdown(tcp::socket::shutdown_send, fault);
      expire(kLingerSeconds);
      char unread[4096];
      for (size_t left = kLingerReads; left > 0 && !fault; --left) {
        co_await stream_.async_read_some(asio::buffer(unread), asio::redirect_error(asio::use_awaitable, fault));
      }
    } else {
      expire(options().read_seconds);
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, fault));
    }
  }

 private:
  using Parser = http::request_parser<http::string_body>;
  const ServerOptions& options() const { return all_.options(); }
  void expire(double seconds) { beast::get_lowest_layer(stream_).expires_after(milliseconds(seconds)); }

  // False where the connection ends.
  asio::awaitable<bool> serve_one() {
    Parser parser;
    parser.header_limit(kHeaderBytes);
    parser.body_limit(static_cast<uint64_t>(options().max_body_bytes));
    beast::error_code fault;
    member_.idle = true;
    if (all_.draining()) co_return false;
    expire(options().idle_seconds);
    co_await http::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, fault));
    member_.idle = false;
    begin_ = std::chrono::steady_clock::now();
    id_ = is_id(parser.get()["x-request-id"]) ? text_of(parser.get()["x-request-id"]) : new_id();
    if (fault == http::error::header_limit) co_return co_await refuse(parser, 431, "the header is larger than 16 kB");
    if (fault == http::error::body_limit) co_return co_await refuse(parser, 413, too_large());
    if (fault == http::error::end_of_stream || fault == beast::error::timeout ||
        fault.category() != http::make_error_code(http::error::bad_method).category()) {
      if (fault) co_return false;
    } else if (fault) {
      co_return co_await refuse(parser, 400, "this is no HTTP/1.1 request");
    }
    const auto content_length = parser.content_length();
    if (content_length && *content_length > static_cast<uint64_t>(options().max_body_bytes)) {
      co_return co_await refuse(parser, 413, too_large());
    }
    std::string path;
    if (!may_ask(parser.get()))
      co_return co_await refuse(parser, 401, "the key is missing or wrong; send it as Authorization: Bearer KEY");
    expire(options().read_seconds);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on{http::status::continue_, parser.get().version()};
      co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, fault));
    }
    co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, fault));
    if (fault == http::error::body_limit) co_return co_await refuse(parser, 413, too_large());
    if (fault == http::error::end_of_stream || fault == beast::error::timeout) co_return false;
    if (fault) co_return co_await refuse(parser, 400, "this is no HTTP/1.1 request, or not all of it");
    beast::get_lowest_layer(stream_).expires_never();
    co_return co_await answer(parser.release());
  }

  std::string too_large() const { return str("the body is larger than ", options().max_body_bytes, " bytes"); }

  bool may_ask(const http::request<http::string_body>& request) const {
    if (options().api_key.empty() || request.method() == http::verb::options) return true;
    const std::string path = text_of(request.target().substr(0, request.target().find('?')));
    if (std::find(std::begin(kPublicPaths), std::end(kPublicPaths), path) != std::end(kPublicPaths) ||
        path.starts_with("/page/"))
      return true;
    const std::string wanted = "Bearer " + options().api_key, given = text_of(request[http::field::authorization]);
    return wanted.size() == given.size() && CRYPTO_memcmp(wanted.data(), given.data(), wanted.size()) == 0;
  }

  // Answers a request that was not read to its end, and ends the connection.
  asio::awaitable<bool> refuse(const Parser& parser, int status, std::string why) {
    const std::string type = status == 401 ? "Unauthorized" : "Validation";
    HttpResponse response = error_response({status, type, std::move(why)});
    http::request<http::string_body> head(parser.get().base());
    head.keep_alive(false);
    co_await write(head, std::move(response), /*ends=*/true);
    co_return false;
  }

  asio::awaitable<bool> answer(http::request<http::string_body> request) {
    HttpRequest plain;
    const std::string target = text_of(request.target());
    const size_t mark = target.find('?');
    plain.path = percent_decoded(std::string_view(target).substr(0, mark));
    plain.query = mark == std::string::npos ? "" : target.substr(mark + 1);
    plain.method = request.method() == http::verb::head ? "GET" : text_of(request.method_string());
    plain.content_type = text_of(request[http::field::content_type]);
    plain.client = client_;
    plain.id = id_;
    plain.wants_events = mentions(request[http::field::accept], "text/event-stream");
    const bool preflight = request.method() == http::verb::options && !request["Access-Control-Request-Method"].empty();
    HttpResponse response;
    const std::string encoding = text_of(request[http::field::content_encoding]);
    if (preflight) {
      response.status = 204;
    } else if (encoding.empty() || encoding == "identity") {
      plain.body = std::move(request.body());
      co_await ask(plain, response);
    } else if (encoding == "gzip") {
      const auto body = gunzip(request.body(), static_cast<size_t>(options().max_body_bytes));
      if (body) {
        plain.body = *body;
        co_await ask(plain, response);
      } else {
        response = error_response(
            {413, "Validation",
             str("the body is damaged, or larger than ", options().max_body_bytes, " bytes when unpacked")});
      }
    } else {
      response = error_response({415, "Validation", "content-encoding: expected gzip or none"});
    }
    request.body().clear();
    co_return co_await write(request, std::move(response), false);
  }

  // What comes from another thread, once. The timer never runs out: being cancelled is the sign.
  template <class Value>
  struct Coming {
    explicit Coming(const asio::any_io_executor& strand)
        : strand(strand), sign(strand, asio::steady_timer::time_point::max()) {}
    asio::any_io_executor strand;
    asio::steady_timer sign;  // only touched on the strand
    Value value;
  };
  // A function that puts a value there. It may be called before wait(): what it posts comes after.
  template <class Value>
  static std::function<void(Value)> taker(const std::shared_ptr<Coming<Value>>& coming) {
    return [coming](Value value) {
      asio::post(coming->strand, [coming, value = std::move(value)]() mutable {
        coming->value = std::move(value);
        coming->sign.cancel();
      });
    };
  }
  template <class Value>
  static asio::awaitable<void> wait(std::shared_ptr<Coming<Value>> coming) {
    beast::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    co_await coming->sign.async_wait(token);
  }

  asio::awaitable<void> ask(HttpRequest& plain, HttpResponse& response) {
    const asio::any_io_executor strand = stream_.get_executor();
    auto coming = std::make_shared<Coming<HttpResponse>>(strand);
    asio::io_context& io = all_.io();
    all_.handle()(
        std::move(plain), [&io](std::function<void()> work) { asio::post(io, std::move(work)); }, taker(coming));
    co_await wait(coming);
    response = std::move(coming->value);
  }

  asio::awaitable<void> next_part(const NextPart& next, std::string& part) {
    const asio::any_io_executor strand = stream_.get_executor();
    auto coming = std::make_shared<Coming<std::string>>(strand);
    next(taker(coming));
    co_await wait(coming);
    part = std::move(coming->value);
  }

  template <class Body>
  void set_headers(const http::request<http::string_body>& request, const HttpResponse& from,
                   http::response<Body>& to) const {
    to.version(request.version());
    to.result(static_cast<unsigned>(from.status));
    to.keep_alive(request.keep_alive() && !all_.draining());
    to.set(http::field::server, "lmkor");
    to.set("x-request-id", id_);
    to.set("X-Content-Type-Options", "nosniff");
    if (from.status != 204) to.set(http::field::content_type, from.content_type);
    for (const auto& [name, value] : from.headers) to.set(name, value);
    const std::string origin = text_of(request[http::field::origin]);
    const auto& allowed = options().cors_origins;
    const auto has = [&](const std::string& one) {
      return std::find(allowed.begin(), allowed.end(), one) != allowed.end();
    };
    if (origin.empty() || !(has("*") || has(origin))) return;
    to.set(http::field::access_control_allow_origin, has("*") ? "*" : origin);
    to.set(http::field::vary, "Origin");
    if (request.method() == http::verb::options) {
      to.set(http::field::access_control_allow_methods, "GET, POST");
      to.set(http::field::access_control_allow_headers, "authorization, content-type, x-request-id");
      to.set(http::field::access_control_max_age, "600");
    }
  }

  asio::awaitable<bool> write(const http::request<http::string_body>& request, HttpResponse from, bool ends) {
    beast::error_code fault;
    expire(options().read_seconds);
    size_t bytes = from.body.size();
    bool keeps = false;
    if (from.next_part) {
      http::response<http::empty_body> head;
      set_headers(request, from, head);
      head.chunked(true);
      keeps = head.keep_alive();
      http::response_serializer<http::empty_body> serializer(head);
      co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, fault));
      while (!fault) {
        beast::get_lowest_layer(stream_).expires_never();
        std::string part;
        co_await next_part(from.next_part, part);
        expire(options().read_seconds);
        if (part.empty()) {
          co_await asio::async_write(stream_, http::make_chunk_last(),
                                     asio::redirect_error(asio::use_awaitable, fault));
          break;
        }
        bytes += part.size();
        co_await asio::async_write(stream_, http::make_chunk(asio::buffer(part)),
                                   asio::redirect_error(asio::use_awaitable, fault));
      }
    } else {
      Response response;
      set_headers(request, from, response);
      if (from.body.size() >= kLeastToCompress && mentions(request[http::field::accept_encoding], "gzip")) {
        response.body() = gzip(from.body);
        response.set(http::field::content_encoding, "gzip");
      } else {
        response.body() = std::move(from.body);
      }
      if (ends) response.keep_alive(false);
      response.prepare_payload();
      keeps = response.keep_alive();
      if (request.method() == http::verb::head) {
        http::response<http::empty_body> head(response.base());
        co_await http::async_write(stream_, head, asio::redirect_error(asio::use_awaitable, fault));
      } else {
        co_await http::async_write(stream_, response, asio::redirect_error(asio::use_awaitable, fault));
      }
    }
    log(request, from.status, bytes);
    co_return keeps && !fault;
  }

  void log(const http::request<http::string_body>& request, int status, size_t bytes) const {
    if (options().log == "none" || (options().log == "errors" && status < 400)) return;
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin_;
    const std::string target = text_of(request.target());
    base::log_info(base::Json{{"id", id_},
                              {"client", client_},
                              {"method", text_of(request.method_string())},
                              {"path", target.substr(0, std::min<size_t>(target.find('?'), 200))},
                              {"status", status},
                              {"bytes", bytes},
                              {"milliseconds", std::round(time.count() * 100) / 100}}
                       .dump(-1, ' ', false, base::Json::error_handler_t::replace));
  }

  Connections& all_;
  Stream stream_;
  const std::string client_;
  beast::flat_buffer buffer_;
  Connections::Member member_;
  std::string id_;
  std::chrono::steady_clock::time_point begin_;
};

template <class Stream>
asio::awaitable<void> serve(std::unique_ptr<Connection<Stream>> connection) {
  co_await connection->run();
}

}  // namespace

void Connections::take(tcp::socket socket, asio::ssl::context* tls) {
  if (open_ >= options_.max_connections) return;  // the socket closes
  beast::error_code fault;
  socket.set_option(tcp::no_delay(true), fault);
  const tcp::endpoint peer = socket.remote_endpoint(fault);
  if (fault) return;
  std::string client = peer.address().to_string();
  const auto strand = socket.get_executor();
  if (tls == nullptr) {
    using Plain = Connection<beast::tcp_stream>;
    asio::co_spawn(strand,
                   serve(std::make_unique<Plain>(*this, beast::tcp_stream(std::move(socket)), std::move(client))),
                   asio::detached);
  } else {
    using Secure = beast::ssl_stream<beast::tcp_stream>;
    asio::co_spawn(strand,
                   serve(std::make_unique<Connection<Secure>>(*this, Secure(beast::tcp_stream(std::move(socket)), *tls),
                                                              std::move(client))),
                   asio::detached);
  }
}

void Connections::drain() {
  draining_ = true;
  const std::lock_guard lock(mutex_);
  for (Member* member : members_) {
    asio::post(member->strand, [this, member] {
      const std::lock_guard again(mutex_);
      if (members_.contains(member) && member->idle) member->close();
    });
  }
}

void Connections::add(Member* member) {
  const std::lock_guard lock(mutex_);
  members_.insert(member);
  changed_(++open_);
}

void Connections::remove(Member* member) {
  const std::lock_guard lock(mutex_);
  members_.erase(member);
  changed_(--open_);
}

}  // namespace lmkor::serve
