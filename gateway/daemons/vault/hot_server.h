#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "daemons/vault/service.h"
#include "ipc/channel.h"

namespace postern::vault {

class Delivery;

/// Who may say what on the vault's "hot" socket (ipc/vault_messages.h). Root may record events, as postern-system does;
/// an account that isn't there may say nothing.
struct Callers {
  std::optional<uid_t> submit;
  std::optional<uid_t> deliver;
  std::optional<uid_t> auth;
};

/// Serves the hot path. One executor.
class HotServer {
 public:
  /// `service` must outlive the server.
  HotServer(Service& service, Callers callers) : service_(service), callers_(callers) {}
  HotServer(const HotServer&) = delete;
  HotServer& operator=(const HotServer&) = delete;

  /// Until stop(). Errors of one connection end that connection.
  asio::awaitable<void> serve(asio::local::stream_protocol::acceptor& acceptor);
  /// A message may have fallen due: looks whether a deliverer wants it.
  void wake();
  /// Ends all connections; commits that are under way are still answered to nobody, but hold.
  void stop();
  std::size_t connections() const { return channels_.size(); }

 private:
  /// What a caller may say.
  struct Rights {
    bool submit = false;
    bool deliver = false;
    bool events = false;
  };
  /// One connection's state.
  struct Connection {
    std::shared_ptr<ipc::Channel> channel;
    Rights rights;
    std::unique_ptr<spool::Incoming> incoming;
    std::string envelope;
    std::optional<Error> refused;  ///< why the open transaction will be refused
    bool open = false;             ///< between Begin and Commit or Abort
    std::shared_ptr<Delivery> delivery;
  };

  Rights rights_of(const ipc::PeerCredentials& peer) const;
  asio::awaitable<void> converse(ipc::Channel::Socket socket);
  asio::awaitable<Result<void>> handle(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> submit_frame(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> deliver_frame(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> begin(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> chunk(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> commit(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> abort(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> probe(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> read(Connection& connection, const ipc::Frame& frame);
  asio::awaitable<Result<void>> record(Connection& connection, const ipc::Frame& frame);

  Service& service_;
  Callers callers_;
  spool::Owner next_owner_ = 1;
  std::list<ipc::Channel*> channels_;
  std::list<std::weak_ptr<Delivery>> deliveries_;
};

}  // namespace postern::vault
