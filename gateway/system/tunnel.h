#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "system/links.h"
#include "system/netlink.h"
#include "system/process.h"
#include "vpn/key.h"
#include "vpn/peer.h"
#include "vpn/status.h"

namespace postern::system {

/// The WireGuard interface: the kernel's, or wireguard-go as a child where the kernel has none. Every step compares
/// what is with what should be and changes only the difference, so calling keep() again is always right and never
/// drops a tunnel that stands. One executor; one call of keep() at a time.
class Tunnel {
 public:
  /// `poke` is called when keep() should be called again, because wireguard-go has ended.
  Tunnel(asio::any_io_executor executor, vpn::KeyPair key, std::function<void()> poke)
      : executor_(std::move(executor)), key_(std::move(key)), poke_(std::move(poke)) {}

  /// Makes the interface stand as configured with exactly these peers.
  asio::awaitable<Result<void>> keep(config::Vpn vpn, std::vector<vpn::Peer> peers, Netlink& netlink);
  /// What the interface reports now.
  static asio::awaitable<Result<vpn::TunnelStatus>> status(std::string link);

  const std::string& public_key() const { return key_.public_key; }
  /// "kernel" or "userspace"; empty before the interface stands.
  std::string_view implementation() const { return implementation_; }

 private:
  asio::awaitable<Result<void>> make_link(config::Vpn vpn, Netlink& netlink);
  asio::awaitable<Result<void>> start_userspace(std::string link);
  asio::awaitable<Result<vpn::TunnelStatus>> status_or_restart(std::string link);
  asio::awaitable<void> watch(std::shared_ptr<Child> child);
  asio::awaitable<Result<void>> keep_key_and_port(const config::Vpn& vpn);
  static asio::awaitable<Result<void>> keep_peers(std::string link, const std::vector<vpn::Peer>& peers);
  static Result<void> keep_addresses(const config::Vpn& vpn, Netlink& netlink);

  asio::any_io_executor executor_;
  vpn::KeyPair key_;
  std::function<void()> poke_;
  std::shared_ptr<Child> child_;
  std::chrono::steady_clock::time_point child_started_{};
  std::chrono::steady_clock::time_point next_start_{};
  std::chrono::milliseconds pause_{0};
  unsigned unanswered_ = 0;  ///< times in a row that the interface stood and did not answer
  std::string_view implementation_;
};

}  // namespace postern::system
