// One connection from its first byte to its last: requests in, answers out, one after the other, as HTTP/1.1 pipelines
// them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "lmkor/serve/server.h"

namespace lmkor::serve {

class Connections {
 public:
  // `changed` hears how many are open.
  Connections(boost::asio::io_context& io, const ServerOptions& options, const Handle& handle,
              std::function<void(int64_t)> changed)
      : io_(io), options_(options), handle_(handle), changed_(std::move(changed)) {}

  // Serves a new connection, TLS where `tls` is not null.
  void take(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  // Closes those that wait for a request; the others close after their answer.
  void drain();
  int64_t open() const { return open_; }

  // What a connection needs of all of them.
  struct Member {
    bool idle = true;             // only seen on the connection's strand
    std::function<void()> close;  // to be called there
    boost::asio::any_io_executor strand;
  };
  void add(Member* member);
  void remove(Member* member);
  bool draining() const { return draining_; }
  boost::asio::io_context& io() { return io_; }
  const ServerOptions& options() const { return options_; }
  const Handle& handle() const { return handle_; }

 private:
  boost::asio::io_context& io_;
  const ServerOptions& options_;
  const Handle& handle_;
  std::function<void(int64_t)> changed_;
  std::atomic<int64_t> open_ = 0;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::set<Member*> members_;
};

}  // namespace lmkor::serve
