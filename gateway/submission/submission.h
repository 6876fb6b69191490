#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "http/router.h"
#include "submission/listeners.h"
#include "submission/system_link.h"
#include "submission/worker.h"

namespace postern::submission {

/// All of postern-submit but its main(): workers, listeners, the link to postern-system, certificates, administration.
///
/// The first worker lives on the given io_context, as do listeners, link and administration; each further one
/// (gateway.workers) has a thread and an io_context of its own. Sessions never change their worker.
class Submission final : private SystemOrders {
 public:
  struct Options {
    uid_t system_user = 0;  ///< who may hand over listeners
    /// How long open transactions may go on when the daemon is told to stop.
    std::chrono::milliseconds stop_bound{15'000};
  };

  /// Reads certificate and key; an error tells what is wrong with them.
  static Result<std::unique_ptr<Submission>> make(asio::io_context& context, const config::Config& config,
                                                  Options options);
  ~Submission() override;

  /// Starts everything: threads, the connection to postern-system.
  void start();
  /// Stops accepting, lets transactions finish within the bound, ends sessions, sends the last ledger events. Must have
  /// finished before the object is destroyed.
  asio::awaitable<void> stop();

  /// Reads certificate and key again; on an error the old ones stay, and the log tells.
  void reload_certificate() override;
  /// Takes over what can change while running: everything of `submission` and `login`, the certificate included.
  void reload(const config::Config& config);

  /// Adds the routes of administration (README.md). The object must outlive the router.
  void add_routes(http::Router& router);

 private:
  struct Thread;

  Submission(asio::io_context& context, const config::Config& config, Options options,
             std::shared_ptr<TicketKeys> tickets, std::shared_ptr<const TlsContext> tls);

  void add_listener(ipc::ListenerAdd listener, UniqueFd socket) override;
  void remove_listener(const std::string& key) override;
  void keep_listeners(const std::set<std::string>& keys) override;
  void end_sessions(const ipc::EndSessions& which) override;

  /// Runs `what` with each worker, on that worker's executor.
  void with_workers(const std::function<void(Worker&)>& what);
  asio::awaitable<std::vector<SessionView>> all_sessions();
  asio::awaitable<http::Response> show_status();
  asio::awaitable<http::Response> show_sessions();
  asio::awaitable<http::Response> end_sessions_now(const http::Request& request);
  asio::awaitable<http::Response> reload_now();

  const Options options_;
  asio::io_context& context_;
  IdSource ids_;
  Counters counters_;
  std::shared_ptr<TicketKeys> tickets_;
  std::shared_ptr<const TlsContext> tls_;
  std::shared_ptr<const Settings> settings_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<SystemLink> link_;
  WallTime started_;
};

}  // namespace postern::submission
