#include "system/tunnel.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>

#include "base/log.h"
#include "vpn/plan.h"

namespace postern::system {

namespace {

using namespace std::chrono_literals;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kWgDeadline = 10s;
constexpr auto kStartDeadline = 5s;
constexpr auto kStartPoll = 20ms;
/// A child that lived that long has worked; a shorter life doubles the pause before the next start.
constexpr auto kProvenLife = 30s;
constexpr std::chrono::milliseconds kFirstPause = 250ms;
constexpr std::chrono::milliseconds kLongestPause = 15s;
/// So many times an interface may stand and not answer before its wireguard-go is ended.
constexpr unsigned kPatience = 3;
/// Public keys in one command line.
constexpr std::size_t kKeysPerCall = 500;

constexpr const char* kWg = "/usr/bin/wg";
constexpr const char* kWireguardGo = "/usr/bin/wireguard-go";

}  // namespace

asio::awaitable<Result<vpn::TunnelStatus>> Tunnel::status(std::string link) {
  auto dump = co_await run_checked(command(kWg, "show", link, "dump"), {}, kWgDeadline);
  if (!dump) co_return fail(dump.error());
  auto parsed = vpn::parse_dump(*dump);
  wipe(*dump);
  co_return parsed;
}

asio::awaitable<Result<void>> Tunnel::keep(config::Vpn vpn, std::vector<vpn::Peer> peers, Netlink& netlink) {
  const auto links = list_links(netlink);
  if (!links) co_return fail(links.error());
  if (find_link(*links, vpn.link) == nullptr) {
    auto made = co_await make_link(vpn, netlink);
    if (!made) co_return made;
  }
  if (implementation_.empty()) implementation_ = "kernel";  // it stood before we came
  auto kept = co_await keep_key_and_port(vpn);
  if (kept) kept = co_await keep_peers(vpn.link, peers);
  if (kept) kept = keep_addresses(vpn, netlink);
  co_return kept;
}

asio::awaitable<Result<void>> Tunnel::make_link(config::Vpn vpn, Netlink& netlink) {
  using config::VpnImplementation;
  if (vpn.implementation != VpnImplementation::kUserspace) {
    auto made = netlink.add_wireguard_link(vpn.link);
    const bool none = !made && made.error().code == ErrorCode::kUnavailable;
    if (!none || vpn.implementation == VpnImplementation::kKernel) {
      if (made) implementation_ = "kernel";
      co_return made;
    }
  }
  co_return co_await start_userspace(vpn.link);
}

asio::awaitable<Result<void>> Tunnel::start_userspace(std::string link) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_start_) co_return fail(ErrorCode::kUnavailable, "wireguard-go has ended and is started again shortly");
  child_.reset();
  pause_ = now - child_started_ > kProvenLife ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  child_started_ = now;
  next_start_ = now + pause_;
  auto child = Child::start(executor_, command(kWireguardGo, "-f", link));
  if (!child) co_return fail(child.error());
  child_ = std::make_shared<Child>(std::move(*child));
  implementation_ = "userspace";
  asio::co_spawn(executor_, watch(child_), asio::detached);
  asio::steady_timer timer(executor_);
  while (std::chrono::steady_clock::now() - now < kStartDeadline && child_) {
    timer.expires_after(kStartPoll);
    co_await timer.async_wait(kAwait);
    if (co_await status(link)) co_return Result<void>{};
  }
  co_return fail(ErrorCode::kUnavailable, std::format("{} did not bring up {}", kWireguardGo, link));
}

asio::awaitable<void> Tunnel::watch(std::shared_ptr<Child> child) {
  const auto code = co_await child->wait();
  if (!code) co_return;
  log::error("wireguard-go has ended", {{"code", std::to_string(*code)}});
  if (child_ == child) child_.reset();
  poke_();
}

/// An interface whose wireguard-go does not answer (somebody took its socket away, or it hangs) is one that nobody can
/// revoke a device on: better a fresh one, which drops all tunnels for a moment.
asio::awaitable<Result<vpn::TunnelStatus>> Tunnel::status_or_restart(std::string link) {
  auto current = co_await status(link);
  unanswered_ = current ? 0 : unanswered_ + 1;
  if (unanswered_ >= kPatience && child_) {
    log::error("wireguard-go does not answer and is started again", {{"error", current.error().context}});
    unanswered_ = 0;
    child_->terminate();
  }
  co_return current;
}

asio::awaitable<Result<void>> Tunnel::keep_key_and_port(const config::Vpn& vpn) {
  const auto current = co_await status_or_restart(vpn.link);
  if (!current) co_return fail(current.error());
  Result<std::string> done = std::string();
  if (current->public_key != key_.public_key) {
    // Removes the peers as well: they know the box by another key, so none of their sessions is worth keeping.
    const Secret text = vpn::interface_text(key_.private_key, vpn.port);
    done = co_await run_checked(command(kWg, "setconf", vpn.link, "/dev/stdin"), text.reveal(), kWgDeadline);
  } else if (current->port != vpn.port) {
    done =
        co_await run_checked(command(kWg, "set", vpn.link, "listen-port", std::to_string(vpn.port)), {}, kWgDeadline);
  }
  if (!done) co_return fail(done.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Tunnel::keep_peers(std::string link, const std::vector<vpn::Peer>& peers) {
  const auto current = co_await status(link);
  if (!current) co_return fail(current.error());
  const vpn::Plan plan = vpn::plan(*current, peers);
  for (std::size_t at = 0; at < plan.remove.size(); at += kKeysPerCall) {
    auto argv = command(kWg, "set", link);
    for (std::size_t i = at; i < plan.remove.size() && i < at + kKeysPerCall; ++i) {
      for (const std::string& word : command("peer", plan.remove[i], "remove")) argv.push_back(word);
    }
    auto removed = co_await run_checked(std::move(argv), {}, kWgDeadline);
    if (!removed) co_return fail(removed.error());
  }
  if (plan.add.empty()) co_return Result<void>{};
  auto added = co_await run_checked(command(kWg, "addconf", link, "/dev/stdin"), plan.add.reveal(), kWgDeadline);
  if (!added) co_return fail(added.error());
  co_return Result<void>{};
}

/// Without waiting: the interface can't change its number between the look and the change.
Result<void> Tunnel::keep_addresses(const config::Vpn& vpn, Netlink& netlink) {
  const auto links = list_links(netlink);
  if (!links) return fail(links.error());
  const Link* link = find_link(*links, vpn.link);
  if (link == nullptr) return fail(ErrorCode::kUnavailable, vpn.link + " has gone away");
  Result<void> result;
  const auto note = [&](const Result<void>& done) {
    if (!done && result) result = done;
  };
  if (!link->up || link->mtu != vpn.mtu) note(netlink.set_up(link->index, vpn.mtu));
  for (const auto& address : vpn.addresses) {
    if (!std::ranges::contains(link->addresses, address)) note(netlink.add_address(link->index, address));
  }
  for (const auto& address : link->addresses) {
    const bool wanted = std::ranges::contains(vpn.addresses, address) || address.address.is_link_local();
    if (!wanted) note(netlink.delete_address(link->index, address));
  }
  return result;
}

}  // namespace postern::system
