#include "system/agent.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "ipc/peer.h"
#include "ledger/event.h"
#include "system/firewall.h"
#include "system/sysctl.h"

namespace postern::system {

namespace {

using namespace std::chrono_literals;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// A round without a cause, to put right what somebody changed behind our back.
constexpr std::chrono::milliseconds kIdleRound = 60s;
constexpr std::chrono::milliseconds kFirstRetry = 250ms;
constexpr std::chrono::milliseconds kLongestRetry = 15s;
constexpr auto kSettleDeadline = 10s;
constexpr std::chrono::microseconds kExpiryTick = 1s;

identity::PasswordStore::Options password_options(const config::Config& config, const Accounts& accounts) {
  identity::PasswordStore::Options options;
  options.folder = config.people.passwords;
  options.readers = accounts.auth;
  return options;
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::make(const asio::any_io_executor& executor, const config::Config& config,
                                           const Accounts& accounts) {
  auto key = vpn::load_or_create_key(config.gateway.data + "/vpn/private.key");
  if (!key) return fail(key.error());
  auto netlink = Netlink::open();
  if (!netlink) return fail(netlink.error());
  auto monitor = LinkMonitor::open(executor);
  if (!monitor) return fail(monitor.error());
  return std::unique_ptr<Agent>(
      new Agent(executor, config, accounts, std::move(*netlink), std::move(*monitor), std::move(*key)));
}

Agent::Agent(const asio::any_io_executor& executor, const config::Config& config, const Accounts& accounts,
             Netlink netlink, LinkMonitor monitor, vpn::KeyPair key)
    : executor_(executor),
      config_(config),
      accounts_(accounts),
      netlink_(std::move(netlink)),
      monitor_(std::move(monitor)),
      events_(executor, ipc::socket_path(config.gateway.run, "vault", "hot")),
      registry_(executor, config, identity::PasswordStore(password_options(config, accounts)), accounts.auth, events_,
                {[this] { poke(); }, [this](ipc::EndSessions end) { hand_over_.end_sessions(std::move(end)); }}),
      hand_over_(listeners_, [this] { return registry_.standing_ends(); }),
      tunnel_(executor, std::move(key), [this] { poke(); }),
      wake_(executor),
      done_(executor, std::chrono::steady_clock::time_point::max()) {}

void Agent::run() {
  events_.add(ledger::Event("start").field("daemon", "postern-system").take());
  asio::co_spawn(executor_, events_.run(), asio::detached);
  asio::co_spawn(executor_, loop(), asio::detached);
  asio::co_spawn(executor_, watch_links(), asio::detached);
  asio::co_spawn(executor_, watch_expiry(), asio::detached);
}

void Agent::stop() {
  stopping_ = true;
  events_.add(ledger::Event("stop").field("daemon", "postern-system").take());
  events_.stop();
  wake_.cancel();
}

void Agent::poke() {
  wanted_ = true;
  wake_.cancel();
}

void Agent::configuration_changed() {
  events_.add(ledger::Event("config").field("daemon", "postern-system").field("action", "reload").take());
  poke();
}

asio::awaitable<void> Agent::settled() {
  if (rounds_begun_ == 0) co_return;
  const std::uint64_t needed = rounds_begun_ + 1;
  poke();
  asio::steady_timer deadline(executor_, kSettleDeadline);
  while (rounds_done_ < needed && !stopping_ && deadline.expiry() > std::chrono::steady_clock::now()) {
    co_await done_.async_wait(asio::cancel_after(kSettleDeadline, kAwait));
  }
}

asio::awaitable<void> Agent::loop() {
  while (!stopping_) {
    wanted_ = false;
    const std::uint64_t number = ++rounds_begun_;
    co_await round();
    rounds_done_ = number;
    done_.cancel();
    if (wanted_ || stopping_) continue;
    retry_ = problems_.empty() ? 0ms : std::clamp(retry_ * 2, kFirstRetry, kLongestRetry);
    wake_.expires_after(problems_.empty() ? kIdleRound : retry_);
    const auto [woken] = co_await wake_.async_wait(kAwait);
    // Nobody asked: look at everything, the firewall that another program may have flushed included.
    if (!woken) firewall_.clear();
  }
}

void Agent::report(const std::string& part, const Result<void>& result) {
  const auto known = problems_.find(part);
  if (result) {
    if (known == problems_.end()) return;
    log::notice("a problem is solved", {{"part", part}});
    problems_.erase(known);
    return;
  }
  if (known != problems_.end() && known->second == result.error().context) return;
  log::error("a part does not stand as it should", {{"part", part}, {"error", result.error().context}});
  problems_[part] = result.error().context;
}

asio::awaitable<void> Agent::round() {
  auto links = list_links(netlink_);
  if (!links) {
    report("network", fail(links.error()));
    co_return;
  }
  report("network", {});
  if (!co_await keep_firewall(*links)) co_return;
  report("tunnel", co_await tunnel_.keep(config_.vpn, registry_.peers(), netlink_));
  links = list_links(netlink_);
  if (links) {
    keep_listeners(*links);
    co_await keep_certificate(*links);
  }
}

asio::awaitable<bool> Agent::keep_firewall(const Links& links) {
  std::vector<std::string> names;
  const auto access = link_accesses(config_, links);
  for (const auto& entry : access) names.push_back(entry.link);
  if (!std::ranges::contains(names, config_.network.wan.link)) names.push_back(config_.network.wan.link);
  report("settings", apply_settings(network_settings(names)));
  const auto rules = firewall_rules(config_, access);
  if (!rules) {
    report("firewall", fail(rules.error()));
    co_return protected_;
  }
  if (*rules == firewall_) co_return protected_;
  const auto applied = co_await apply_firewall(*rules);
  report("firewall", applied);
  if (!applied) co_return protected_;
  firewall_ = *rules;
  if (!protected_) events_.add(ledger::Event("firewall").field("action", "apply").take());
  protected_ = true;
  co_return true;
}

void Agent::keep_listeners(const Links& links) {
  const auto change = listeners_.apply(wanted_listeners(config_, link_accesses(config_, links), links));
  for (const auto& key : change.opened) {
    log::info("listening", {{"listener", key}});
    events_.add(ledger::Event("listener").field("action", "open").field("listener", key).take());
  }
  for (const auto& key : change.closed) {
    log::info("no longer listening", {{"listener", key}});
    events_.add(ledger::Event("listener").field("action", "close").field("listener", key).take());
  }
  report("listeners", change.failed.empty() ? Result<void>{} : fail(ErrorCode::kIo, change.failed.front()));
  hand_over_.listeners_changed();
}

asio::awaitable<void> Agent::keep_certificate(const Links& links) {
  const CertificateKeeper keeper = certificate();
  const auto kept = keeper.keep(server_names(config_, links), Clock::system().wall());
  report("certificate", kept ? Result<void>{} : fail(kept.error()));
  if (!kept || *kept != CertificateKeeper::Kept::kRenewed) co_return;
  log::notice("a new server certificate was made", {{"file", keeper.certificate}});
  events_.add(ledger::Event("certificate").field("action", "issue").field("name", config_.gateway.name).take());
  hand_over_.reload_certificate();
}

asio::awaitable<void> Agent::watch_links() {
  while (!stopping_) {
    const auto changed = co_await monitor_.changed();
    if (stopping_) co_return;
    if (!changed) {
      // The channel is gone for good; the idle rounds still look.
      log::error("interfaces are no longer watched", {{"error", changed.error().context}});
      co_return;
    }
    poke();
  }
}

asio::awaitable<void> Agent::watch_expiry() {
  asio::steady_timer timer(executor_);
  while (!stopping_) {
    registry_.expire();
    const WallTime now = Clock::system().wall();
    const auto next = vpn::next_expiry(registry_.document(), now);
    // A tick at least, so that a jump of the clock and a new expiry are noticed within a second.
    timer.expires_after(next ? std::min(kExpiryTick, *next - now) : kExpiryTick);
    co_await timer.async_wait(kAwait);
  }
}

}  // namespace postern::system
