#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstddef>
#include <optional>

#include "identity/login_service.h"

namespace postern::identity {

/// Who may ask for logins, by user number; nobody else may, root included.
struct Callers {
  std::optional<uid_t> submission;
  std::optional<uid_t> panel;

  /// The one kind of login that this user may ask for; nullopt: none.
  std::optional<ipc::LoginRequest::Service> service_of(uid_t uid) const;
};

/// The "hot" socket of postern-auth: any number of LoginRequest → LoginReply on each connection, one after the other.
/// A connection from a stranger, one that asks for another's kind of login, or one that breaks the protocol, is closed.
class LoginServer {
 public:
  /// Each holds at most one request and its delay; more are closed at once.
  static constexpr std::size_t kMaxConnections = 4096;

  /// The service must outlive the server, the server its connections.
  LoginServer(LoginService& service, Callers callers) : service_(service), callers_(callers) {}
  LoginServer(const LoginServer&) = delete;
  LoginServer& operator=(const LoginServer&) = delete;

  /// Runs until the acceptor is closed.
  asio::awaitable<void> serve(asio::local::stream_protocol::acceptor& acceptor);
  std::size_t connections() const { return connections_; }

 private:
  asio::awaitable<void> serve_one(asio::local::stream_protocol::socket socket);

  LoginService& service_;
  Callers callers_;
  std::size_t connections_ = 0;
};

}  // namespace postern::identity
