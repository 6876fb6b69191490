#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/fd.h"
#include "ipc/channel.h"
#include "ipc/listener_messages.h"

namespace postern::submission {

namespace asio = boost::asio;

/// What postern-system says, as calls. All on the link's executor.
class SystemOrders {
 public:
  virtual ~SystemOrders() = default;
  virtual void add_listener(ipc::ListenerAdd listener, UniqueFd socket) = 0;
  virtual void remove_listener(const std::string& key) = 0;
  /// A new connection's list is complete: those not in it are gone.
  virtual void keep_listeners(const std::set<std::string>& keys) = 0;
  virtual void end_sessions(const ipc::EndSessions& which) = 0;
  virtual void reload_certificate() = 0;
};

/// Submission's end of postern-system's "listeners" socket (ipc/listener_messages.h). Connects, and connects again
/// whenever it breaks; until then what was handed over stays. Obeys only a process of user `system_user`.
class SystemLink {
 public:
  /// `orders` must outlive it.
  SystemLink(const asio::any_io_executor& executor, std::string socket, uid_t system_user, SystemOrders& orders);

  /// Until stop(). Start it once.
  asio::awaitable<void> run();
  void stop();
  bool connected() const { return channel_.has_value(); }

 private:
  asio::awaitable<Result<void>> listen();
  Result<void> obey(const ipc::Frame& frame);
  Result<void> take_listener(const ipc::Frame& frame);

  const std::string path_;
  const uid_t system_user_;
  SystemOrders& orders_;
  asio::steady_timer pause_;
  std::optional<ipc::Channel> channel_;
  std::deque<UniqueFd> descriptors_;  ///< came and not yet claimed by a ListenerAdd
  std::set<std::string> named_;       ///< keys since the connection was made, until the list is complete
  bool complete_ = false;
  bool stopping_ = false;
};

}  // namespace postern::submission
