#include "delivery/vault_link.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "ledger/event.h"

namespace postern::delivery {

namespace {

using namespace std::chrono_literals;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kConnectDeadline = 5s;
constexpr auto kSendDeadline = 30s;
constexpr std::chrono::milliseconds kFirstPause = 100ms;
constexpr std::chrono::milliseconds kLongestPause = 5s;
/// A connection that lived shorter does not shorten the next pause: a vault that refuses us is not pestered.
constexpr auto kSettledIn = 1s;
/// A vault whose disk fails is not asked to store the same thing in a tight loop.
constexpr auto kRefusedPause = 1s;
constexpr std::size_t kMaxEvents = 1000;

bool is_final(ipc::Settle::Outcome outcome) { return outcome != ipc::Settle::Outcome::kDeferred; }

}  // namespace

VaultLink::VaultLink(asio::any_io_executor executor, std::string socket_path, Handlers handlers)
    : executor_(std::move(executor)),
      path_(std::move(socket_path)),
      handlers_(std::move(handlers)),
      timer_(executor_) {}

asio::awaitable<void> VaultLink::pause(std::chrono::steady_clock::duration time) {
  timer_.expires_after(time);
  co_await timer_.async_wait(kAwait);
}

asio::awaitable<void> VaultLink::run() {
  auto wait = kFirstPause;
  while (!closed_) {
    auto connected = co_await ipc::Channel::connect(path_, kConnectDeadline);
    if (closed_) break;
    if (connected) {
      const auto start = std::chrono::steady_clock::now();
      connected_anew(std::make_shared<ipc::Channel>(std::move(*connected)));
      co_await receive(channel_);
      disconnected();
      if (std::chrono::steady_clock::now() - start > kSettledIn) wait = kFirstPause;
    } else if (wait == kFirstPause) {
      log::warning("the vault is not there, trying again", {{"reason", connected.error().context}});
    }
    if (closed_) break;
    co_await pause(wait);
    wait = std::min(wait * 2, kLongestPause);
  }
}

void VaultLink::close() {
  closed_ = true;
  timer_.cancel();
  if (channel_) channel_->close();
}

void VaultLink::connected_anew(std::shared_ptr<ipc::Channel> channel) {
  channel_ = std::move(channel);
  ++epoch_;
  owed_ = 0;
  unanswered_ = 0;
  send_events();
  handlers_.ready();
}

void VaultLink::disconnected() {
  channel_->close();
  channel_.reset();
  unanswered_ = 0;
  events_sent_ = 0;
  for (auto& [id, kept] : unsettled_) kept.sent = false;
  if (!closed_) log::warning("the connection to the vault broke", {{"unsettled", std::to_string(unsettled_.size())}});
  handlers_.lost();
}

asio::awaitable<void> VaultLink::receive(std::shared_ptr<ipc::Channel> channel) {
  for (;;) {
    const auto frame = co_await channel->receive();
    if (!frame) {
      if (frame.error().code == ErrorCode::kProtocol) log::error("vault", {{"reason", frame.error().context}});
      co_return;
    }
    Result<void> understood;
    if (frame->type == ipc::Settled::kType) {
      const auto settled = ipc::parse<ipc::Settled>(*frame);
      if (settled) on_settled(*settled);
      if (!settled) understood = fail(settled.error());
    } else if (frame->type == ipc::Recorded::kType) {
      const auto recorded = ipc::parse<ipc::Recorded>(*frame);
      if (recorded) on_recorded(*recorded);
      if (!recorded) understood = fail(recorded.error());
    } else {
      auto claimed = ipc::parse<ipc::Claimed>(*frame);
      if (claimed) on_claimed(std::move(*claimed));
      if (!claimed) understood = fail(claimed.error());
    }
    if (!understood) {
      log::error("vault", {{"reason", understood.error().context}});
      co_return;
    }
  }
}

void VaultLink::on_claimed(ipc::Claimed claimed) {
  if (owed_ > 0) --owed_;
  if (answer_from_kept(claimed)) return;
  handlers_.claimed(std::move(claimed), epoch_);
}

bool VaultLink::answer_from_kept(const ipc::Claimed& claimed) {
  const auto found = unsettled_.find(claimed.id);
  if (found == unsettled_.end()) return false;
  Kept& kept = found->second;
  const bool answers = std::ranges::any_of(kept.settle.recipients, [&](const ipc::Settle::Recipient& recipient) {
    return is_final(recipient.outcome) && std::ranges::contains(claimed.due, recipient.index);
  });
  if (!answers) {
    unsettled_.erase(found);
    return false;
  }
  // Those not due any more are settled already; naming them again would be a fault.
  std::erase_if(kept.settle.recipients, [&](const ipc::Settle::Recipient& recipient) {
    return !std::ranges::contains(claimed.due, recipient.index);
  });
  log::notice("a message that was delivered before the vault could note it came again; noted now",
              {{"message", base32_id(claimed.id)}});
  if (kept.refused) {
    asio::co_spawn(executor_, settle_later(claimed.id, epoch_), asio::detached);
  } else {
    send_kept(kept);
    handlers_.ready();
  }
  return true;
}

asio::awaitable<void> VaultLink::settle_later(std::uint64_t id, std::uint64_t epoch) {
  asio::steady_timer timer(executor_, kRefusedPause);
  co_await timer.async_wait(kAwait);
  if (closed_ || epoch != epoch_ || !channel_) co_return;
  const auto found = unsettled_.find(id);
  if (found != unsettled_.end()) send_kept(found->second);
  handlers_.ready();
}

void VaultLink::on_settled(const ipc::Settled& settled) {
  if (unanswered_ > 0) --unanswered_;
  const auto found = unsettled_.find(settled.id);
  if (found == unsettled_.end()) return;
  if (settled.ok) {
    unsettled_.erase(found);
    return;
  }
  log::warning("the vault could not store a settlement", {{"message", base32_id(settled.id)}});
  found->second.refused = true;
  found->second.sent = false;
}

void VaultLink::send_kept(Kept& kept) {
  channel_->queue(kept.settle);
  kept.sent = true;
  ++unanswered_;
  kick();
}

void VaultLink::want(std::size_t messages) {
  if (!channel_ || messages <= owed_) return;
  channel_->queue(ipc::Claim{static_cast<std::uint32_t>(messages - owed_)});
  owed_ = messages;
  kick();
}

void VaultLink::settle(ipc::Settle settle, std::uint64_t epoch) {
  const std::uint64_t id = settle.id;
  Kept& kept = unsettled_.insert_or_assign(id, Kept{std::move(settle)}).first->second;
  if (channel_ && epoch == epoch_) send_kept(kept);
}

void VaultLink::event(std::string json) {
  if (events_.size() >= kMaxEvents) {
    ++events_dropped_;
    return;
  }
  events_.push_back(std::move(json));
  send_events();
}

// One frame is under way at a time, so that an answer says which events it is about.
void VaultLink::send_events() {
  if (!channel_ || events_sent_ > 0) return;
  if (events_dropped_ > 0 && events_.size() < kMaxEvents) {
    events_.push_front(ledger::Event("events-lost").number("count", std::exchange(events_dropped_, 0)).take());
  }
  if (events_.empty()) return;
  events_sent_ = events_.size();
  channel_->queue(ipc::Event{{events_.begin(), events_.end()}});
  kick();
}

void VaultLink::on_recorded(const ipc::Recorded& recorded) {
  if (!recorded.ok) {
    asio::co_spawn(executor_, send_events_later(epoch_), asio::detached);
    return;
  }
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(events_sent_));
  events_sent_ = 0;
  send_events();
}

asio::awaitable<void> VaultLink::send_events_later(std::uint64_t epoch) {
  asio::steady_timer timer(executor_, kRefusedPause);
  co_await timer.async_wait(kAwait);
  if (closed_ || epoch != epoch_ || !channel_) co_return;
  events_sent_ = 0;
  send_events();
}

void VaultLink::kick() {
  if (flushing_) return;
  flushing_ = true;
  asio::co_spawn(executor_, flush_all(channel_), asio::detached);
}

asio::awaitable<void> VaultLink::flush_all(std::shared_ptr<ipc::Channel> channel) {
  // One turn of the event loop later, so that what other deliveries settle now goes along.
  co_await asio::post(executor_, kAwait);
  while (channel->queued() > 0) {
    const auto flushed = co_await channel->flush(kSendDeadline);
    if (flushed) continue;
    channel->close();  // receive() notices and starts anew
    break;
  }
  flushing_ = false;
  if (channel_ && channel_ != channel && channel_->queued() > 0) kick();
}

}  // namespace postern::delivery
