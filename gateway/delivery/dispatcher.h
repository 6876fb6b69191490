#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "delivery/age.h"
#include "delivery/deliver.h"
#include "delivery/health.h"
#include "delivery/route.h"
#include "delivery/session.h"
#include "delivery/vault_link.h"
#include "ipc/pool.h"

namespace postern::delivery {

namespace asio = boost::asio;

/// Counts since start.
struct Counters {
  std::uint64_t messages = 0;   ///< settled, whatever came of them
  std::uint64_t delivered = 0;  ///< recipients, as are the next three
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
  std::uint64_t uncertain = 0;  ///< deferred although they may have been delivered: the reply was lost
  std::uint64_t bytes = 0;      ///< content of messages with a delivered recipient
  std::uint64_t sessions = 0;   ///< opened
  std::uint64_t sessions_failed = 0;
  std::uint64_t reused = 0;  ///< messages on a session that had carried one before
};

/// What can be shown of the daemon's state.
struct Snapshot {
  RoutePtr route;       ///< nullptr: none configured, or it can't be used
  std::string problem;  ///< why the configured route can't be used; empty: nothing is wrong
  RouteHealth::State state = RouteHealth::State::kOpen;
  unsigned failures = 0;
  unsigned window = 0;
  std::string reason;
  std::chrono::milliseconds wakes_in{};
  std::size_t parked = 0;     ///< claimed, waiting for a session
  std::size_t in_flight = 0;  ///< on a session now
  std::size_t sessions = 0;   ///< open, idle ones among them
  std::size_t idle = 0;
  std::size_t opening = 0;
  bool vault_connected = false;
  std::size_t unsettled = 0;
  Counters counters;
};

/// What to work with: from the configuration.
struct Plan {
  config::Delivery settings;
  RoutePtr route;       ///< nullptr: mail waits
  std::string problem;  ///< why not, for the status
};

/// Takes messages from the vault and brings them to the route's server: decides how many sessions there are, which
/// message goes on which, what a result means and when to try again. The daemon's heart; all on one executor.
///
/// Messages that can't go now (the route sleeps, all sessions are busy) stay parked under their claim, at most as many
/// as were asked for. When the route fails, one message is deferred so that the reason shows in the queue and in the
/// ledger, not all; that is no attempt of the message. Parked messages whose time is up then fail.
class Dispatcher {
 public:
  /// `clock` must outlive this. `vault_socket`: the vault's hot socket.
  Dispatcher(asio::any_io_executor executor, const Clock& clock, std::string vault_socket, Plan plan);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Works until stop() is done. The object must outlive the executor's run.
  asio::awaitable<void> run();
  /// Stops claiming, lets deliveries under way finish (at most timeouts.stop), has them settled, says QUIT.
  asio::awaitable<void> stop();
  /// New settings and route. Sessions of the old one finish their message and close.
  void reload(Plan plan);
  const RoutePtr& route() const { return route_; }
  /// Ends a route's back-off now; false if it does not sleep.
  bool retry_now();
  Snapshot snapshot() const;

  /// For the daemon's own ledger events: "start", "config" ...
  void event(std::string json) { link_.event(std::move(json)); }

 private:
  using SessionPtr = std::unique_ptr<Session>;
  struct Idle {
    SessionPtr session;
    MonoTime since;
  };

  void on_claimed(ipc::Claimed claimed, std::uint64_t epoch);
  void on_lost();
  /// Asks the vault for as many messages as there is room for.
  void refill();
  /// Gives parked messages to idle sessions, and opens more if that helps.
  void pump();
  SessionPtr take_idle();
  asio::awaitable<void> open_one();
  asio::awaitable<void> serve(SessionPtr session, std::unique_ptr<Job> job);
  /// One message on one session. False: the session is of no more use.
  asio::awaitable<bool> carry(Session& session, std::unique_ptr<Job> job);
  void on_moved(const Session& session, std::unique_ptr<Job> job, const DeliveryEnd& end);
  std::unique_ptr<Job> next_job();
  void park_again(std::unique_ptr<Job> job);
  void finish(std::unique_ptr<Job> job, bool counts, config::Duration retry_after);
  void count(const Job& job);
  /// `victim`: a message that shows the reason; `working`: sessions that don't share the trouble.
  void route_failed(const RoutePtr& route, const OpenFailure& failure, std::unique_ptr<Job> victim,
                    std::size_t working);
  void defer_for_route(std::unique_ptr<Job> job, const OpenFailure& failure);
  void fail_expired();
  void route_opened(const Session& session);
  bool worn(const Session& session) const;
  bool expired(const Job& job);
  void schedule_wake();
  void schedule_sweep();
  void sweep_idle();
  void spawn_quit(SessionPtr session);
  std::size_t sessions() const { return active_.size() + idle_.size(); }

  asio::any_io_executor executor_;
  const Clock& clock_;
  config::Delivery settings_;
  RoutePtr route_;
  std::string problem_;
  RouteHealth health_;
  AgeClock ages_;
  VaultLink link_;
  ipc::Pool contents_;
  std::deque<std::unique_ptr<Job>> parked_;
  std::unordered_map<std::uint64_t, Job*> in_flight_;
  std::vector<Idle> idle_;
  std::set<Session*> active_;
  unsigned opening_ = 0;
  OpenFailure last_failure_;
  asio::steady_timer wake_timer_;
  asio::steady_timer sweep_timer_;
  asio::steady_timer changed_;  // cancelled when a delivery ends: stop() waits on it
  Counters counters_;
  bool stopping_ = false;
};

}  // namespace postern::delivery
