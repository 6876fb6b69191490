#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "gate/connections.h"
#include "gate/rule.h"
#include "ipc/listener_messages.h"
#include "submission/refusals.h"
#include "submission/worker.h"

namespace postern::submission {

/// The listening sockets that postern-system made and handed over, and the decision about each connection before it
/// gets a single byte: the gate (source address and arrival interface, gate/rule.h), then the limits. Clients that pass
/// go to the workers in turn.
///
/// Who doesn't pass the gate learns nothing: the connection is closed without a banner. Who passes but is one too many
/// is told so with 421 where that can be said in the clear. A ledger that can't take any more ends accepting
/// altogether: what can't be written down must not happen.
/// Lives on one executor; the workers may have others.
class Listeners {
 public:
  /// The workers and `shared` must outlive it.
  Listeners(asio::any_io_executor executor, const Worker::Shared& shared, std::shared_ptr<const Settings> settings,
            std::vector<Worker*> workers);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Begins to accept; one with the same key is replaced. `socket` is listening already.
  Result<void> add(ipc::ListenerAdd listener, UniqueFd socket);
  /// Stops accepting there; sessions that stand go on.
  void remove(const std::string& key);
  /// Removes all whose key is not among these.
  void keep_only(const std::set<std::string>& keys);
  /// Stops accepting everywhere, for good.
  void stop();

  /// New limits, for connections to come.
  void use(std::shared_ptr<const Settings> settings);
  /// Connections that are open; and those that have not logged in yet.
  std::size_t open() const { return connections_->total(); }
  std::size_t before_login() const { return connections_->before_login(); }

  std::vector<ipc::ListenerAdd> list() const;

 private:
  struct Listener;
  using Socket = Connection::Socket;

  asio::awaitable<void> accept(std::shared_ptr<Listener> listener);
  asio::awaitable<void> report_refusals();
  void take(const Listener& listener, Socket socket, Worker& worker);
  /// Why nobody more can be served; nullptr: nothing is in the way.
  const char* overload() const;
  void refuse(const Listener& listener, const IpAddress& source, std::string_view reason);
  void turn_away(const Listener& listener, Socket& socket, const IpAddress& source, std::string_view reason);
  Worker& next_worker();

  const asio::any_io_executor executor_;
  const Worker::Shared shared_;
  std::shared_ptr<const Settings> settings_;
  const std::vector<Worker*> workers_;
  std::size_t turn_ = 0;
  /// Shared with the places that sessions hold, which may outlive this object by a moment.
  std::shared_ptr<gate::Connections> connections_;
  Refusals refusals_;
  asio::steady_timer refusals_timer_;
  std::map<std::string, std::shared_ptr<Listener>> listeners_;
};

}  // namespace postern::submission
