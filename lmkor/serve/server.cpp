#include "lmkor/serve/server.h"

#include <memory>
#include <thread>
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>

#include <openssl/ssl.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/serve/connection.h"

namespace lmkor::serve {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::str;

void ServerOptions::address_fields(config::Fields& f) {
  f.add("host", host, "address to listen at; 0.0.0.0 lets other machines in");
  f.add("port", port, "port to listen at, 0: any that is free", config::between(0, 65535));
}

void ServerOptions::fields(config::Fields& f) {
  f.add("max_body_bytes", max_body_bytes, "bytes of a request's body; a larger one is answered by 413",
        config::at_least(1));
  f.add("max_connections", max_connections, "connections at a time; further ones are closed", config::at_least(1));
  f.add("read_seconds", read_seconds, "time for a request to arrive whole", config::more_than(0));
  f.add("idle_seconds", idle_seconds, "time that a connection may wait for its next request", config::more_than(0));
  f.add("drain_seconds", drain_seconds, "time for what is under way to end after SIGTERM", config::at_least(0));
  f.add("io_threads", io_threads, "threads for connections and JSON, beside those that compute",
        config::between(1, 64));
  f.add("api_key", api_key, "key that clients must send (Authorization: Bearer KEY); better given by the environment");
  f.add("cors_origins", cors_origins, "pages of other origins that may ask, * for all");
  f.add("tls_certificate", tls_certificate, "PEM file of the certificate chain; with it, HTTPS is spoken");
  f.add("tls_key", tls_key, "PEM file of its private key");
  f.add("log", log, "what is logged, a JSON object a line, never texts",
        config::one_of({"requests", "errors", "none"}));
}

void ServerOptions::check(config::Faults& faults) const {
  if (tls_certificate.empty() != tls_key.empty()) {
    faults.add(str("tls_", tls_certificate.empty() ? "key" : "certificate", ": got it without tls_",
                   tls_certificate.empty() ? "certificate" : "key", ", expected both or none"));
  }
}

namespace {

using boost::asio::ip::tcp;

std::unique_ptr<asio::ssl::context> tls_context(const ServerOptions& options) {
  if (options.tls_certificate.empty()) return nullptr;
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code fault;
  const auto require = [&](const std::string& file) {
    if (fault) throw Error(ErrorKind::kEnvironment, str(file, ": cannot be used for TLS: ", fault.message()));
  };
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                   asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls->use_certificate_chain_file(options.tls_certificate, fault);
  require(options.tls_certificate);
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, fault);
  require(options.tls_key);
  return tls;
}

tcp::acceptor listen(asio::io_context& io, const ServerOptions& options) {
  boost::system::error_code fault;
  const auto require = [&] {
    if (!fault) return;
    throw Error(ErrorKind::kEnvironment, str(options.host, ":", options.port, ": cannot listen: ", fault.message(),
                                             "; is another server there? --port chooses another one"));
  };
  const asio::ip::address address =
      asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, fault);
  if (fault) {
    throw Error(ErrorKind::kConfig,
                str("host: got \"", options.host, "\", expected an address such as 127.0.0.1, 0.0.0.0 or ::1"));
  }
  const tcp::endpoint endpoint(address, static_cast<uint16_t>(options.port));
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), fault);
  require();
  acceptor.set_option(tcp::acceptor::reuse_address(true), fault);
  acceptor.bind(endpoint, fault);
  require();
  acceptor.listen(asio::socket_base::max_listen_connections, fault);
  require();
  return acceptor;
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Connections& connections, asio::io_context& io,
                                 asio::ssl::context* tls) {
  while (true) {
    boost::system::error_code fault;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::make_strand(io), asio::redirect_error(asio::use_awaitable, fault));
    if (fault == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (fault) {  // no more file descriptors, say: others will be free again
      asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    connections.take(std::move(socket), tls);
  }
}

// Looks some times a second whether the server is to stop, and then ends it.
asio::awaitable<void> watch(tcp::acceptor& acceptor, Connections& connections, asio::io_context& io,
                            const ServerOptions& options, const ServerEvents& events) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto pause = [&]() -> asio::awaitable<void> {
    timer.expires_after(std::chrono::milliseconds(50));
    co_await timer.async_wait(asio::use_awaitable);
  };
  while (!events.stopped()) {
    events.tick();
    co_await pause();
  }
  acceptor.close();
  events.draining();
  connections.drain();
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.drain_seconds);
  while (connections.open() > 0 && std::chrono::steady_clock::now() < until) co_await pause();
  io.stop();
}

}  // namespace

void run_server(const ServerOptions& options, const Handle& handle, const ServerEvents& events) {
  const auto tls = tls_context(options);
  std::unique_ptr<Connections> connections;  // what is left of them goes with `io`, before it
  asio::io_context io(static_cast<int>(options.io_threads));
  connections = std::make_unique<Connections>(io, options, handle, events.connections);
  tcp::acceptor acceptor = listen(io, options);
  events.listening(acceptor.local_endpoint().port());
  asio::co_spawn(io, accept_all(acceptor, *connections, io, tls.get()), asio::detached);
  asio::co_spawn(io, watch(acceptor, *connections, io, options, events), asio::detached);
  std::vector<std::thread> threads;
  for (int64_t i = 1; i < options.io_threads; ++i) threads.emplace_back([&io] { io.run(); });
  io.run();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace lmkor::serve
