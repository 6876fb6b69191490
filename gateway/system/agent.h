#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "config/config.h"
#include "system/certificate_files.h"
#include "system/event_feed.h"
#include "system/folders.h"
#include "system/hand_over.h"
#include "system/links.h"
#include "system/listeners.h"
#include "system/registry.h"
#include "system/tunnel.h"

namespace postern::system {

namespace asio = boost::asio;

/// postern-system at work. One loop compares what the kernel has with what the configuration and the people's document
/// want and changes the difference: settings, firewall, tunnel, peers, listening sockets, certificate. Whatever happens
/// (an interface comes or goes, a device is revoked, wireguard-go dies, the configuration is read again) only asks for
/// another round, so there is one way to the wanted state from every other, a half-done one included.
///
/// Fails closed: as long as the firewall has never been applied, no tunnel and no listener is opened. One executor.
class Agent {
 public:
  /// Opens what must be there for anything to work. `config` must outlive the agent; its content may be replaced
  /// between two rounds (then call poke()).
  static Result<std::unique_ptr<Agent>> make(const asio::any_io_executor& executor, const config::Config& config,
                                             const Accounts& accounts);

  /// Reads people and devices. To be called once, before run().
  asio::awaitable<Result<void>> open() { return registry_.open(); }
  /// Starts everything; goes on until stop().
  void run();
  /// Tells the ledger and ends the loops. Tunnel, firewall and handed-over sockets stay as they are.
  void stop();

  /// Asks for a round.
  void poke();
  /// The configuration's content was replaced: tells the ledger and asks for a round.
  void configuration_changed();
  /// Asks for one and waits until it is done (or for 10 s): then what was changed before the call is in force. Returns
  /// at once before run().
  asio::awaitable<void> settled();

  const config::Config& config() const { return config_; }
  Registry& registry() { return registry_; }
  const Registry& registry() const { return registry_; }
  const Tunnel& tunnel() const { return tunnel_; }
  const Listeners& listeners() const { return listeners_; }
  const EventFeed& events() const { return events_; }
  HandOver& hand_over() { return hand_over_; }
  const CertificateKeeper certificate() const { return CertificateKeeper::of(config_, accounts_.submit_group); }
  /// What is wrong now: the part, and why. Empty: all is well.
  const std::map<std::string, std::string>& problems() const { return problems_; }
  /// Whether a whole round has been made.
  bool ready() const { return rounds_done_ > 0; }

 private:
  Agent(const asio::any_io_executor& executor, const config::Config& config, const Accounts& accounts, Netlink netlink,
        LinkMonitor monitor, vpn::KeyPair key);
  asio::awaitable<void> loop();
  asio::awaitable<void> round();
  asio::awaitable<bool> keep_firewall(const Links& links);
  void keep_listeners(const Links& links);
  asio::awaitable<void> keep_certificate(const Links& links);
  asio::awaitable<void> watch_links();
  asio::awaitable<void> watch_expiry();
  void report(const std::string& part, const Result<void>& result);

  asio::any_io_executor executor_;
  const config::Config& config_;
  Accounts accounts_;
  Netlink netlink_;
  LinkMonitor monitor_;
  EventFeed events_;
  Listeners listeners_;
  Registry registry_;
  HandOver hand_over_;
  Tunnel tunnel_;
  std::string firewall_;    ///< the rules that were applied last; empty: apply them again
  bool protected_ = false;  ///< rules have been applied at all
  std::map<std::string, std::string> problems_;
  asio::steady_timer wake_;
  asio::steady_timer done_;  ///< never expires; cancelled when a round ends
  std::uint64_t rounds_begun_ = 0;
  std::uint64_t rounds_done_ = 0;
  bool wanted_ = true;  ///< somebody asked for a round since the last one began
  bool stopping_ = false;
  std::chrono::milliseconds retry_{0};
};

}  // namespace postern::system
