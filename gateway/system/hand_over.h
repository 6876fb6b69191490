#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ipc/listener_messages.h"
#include "system/listeners.h"

namespace postern::system {

namespace asio = boost::asio;

/// Hands the listening sockets to postern-submit and keeps it up to date: the server of the socket "listeners" (see
/// ipc/listener_messages.h). Submit may come, go and come back at any time; each connection first gets everything that
/// stands. One executor.
class HandOver {
 public:
  /// `listeners` must outlive this. `standing` says whom a new connection is told to end: people and devices that may
  /// not be there now, since submit may have missed the moment when that became so.
  HandOver(const Listeners& listeners, std::function<std::vector<ipc::EndSessions>()> standing)
      : listeners_(listeners), standing_(std::move(standing)) {}
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;

  /// Accepts connections of that user, and only of it, until the acceptor is closed. A new one replaces the one before.
  asio::awaitable<void> serve(asio::local::stream_protocol::acceptor acceptor, uid_t submit);

  /// The listeners have changed: tell.
  void listeners_changed();
  void end_sessions(ipc::EndSessions message);
  void reload_certificate();
  /// Whether submit is there and has been told everything.
  bool is_told() const;

 private:
  struct Connection;
  static asio::awaitable<void> watch(std::shared_ptr<Connection> connection);
  asio::awaitable<void> speak(std::shared_ptr<Connection> connection);
  asio::awaitable<Result<void>> tell_listeners(Connection& connection);
  static asio::awaitable<Result<void>> tell_notices(Connection& connection);

  const Listeners& listeners_;
  std::function<std::vector<ipc::EndSessions>()> standing_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace postern::system
