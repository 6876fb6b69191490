#include "daemons/vault/delivery.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>

#include "base/clock.h"
#include "base/log.h"

namespace postern::vault {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kAnswer = std::chrono::seconds(30);
/// More would make the first one wait for the last one's content to be read.
constexpr std::size_t kAtOnce = 32;
/// How long the claimer sleeps when nothing waits at all; it is woken when something comes.
constexpr auto kLongest = std::chrono::minutes(1);
/// After a failed claim, so that a broken store isn't asked without pause.
constexpr auto kPause = std::chrono::seconds(1);
/// Bytes of claimed messages that wait for the deliverer to take them.
constexpr std::size_t kWindow = 4 << 20;

spool::RecipientState state_of(ipc::Settle::Outcome outcome) {
  switch (outcome) {
    case ipc::Settle::Outcome::kDelivered: return spool::RecipientState::kDelivered;
    case ipc::Settle::Outcome::kFailed: return spool::RecipientState::kFailed;
    case ipc::Settle::Outcome::kDeferred: break;
  }
  return spool::RecipientState::kPending;
}

}  // namespace

Delivery::Delivery(Service& service, std::shared_ptr<ipc::Channel> channel, spool::Owner owner)
    : service_(service),
      channel_(std::move(channel)),
      owner_(owner),
      due_(service.context),
      written_(service.context) {}

Result<void> Delivery::handle(const ipc::Frame& frame) {
  if (frame.type == ipc::Claim::kType) return take_credit(frame);
  if (frame.type == ipc::Settle::kType) return settle(frame);
  return fail(ErrorCode::kProtocol, "a message of type " + std::to_string(frame.type) + " is out of place");
}

Result<void> Delivery::take_credit(const ipc::Frame& frame) {
  const auto claim = ipc::parse<ipc::Claim>(frame);
  if (!claim) return fail(claim.error());
  credit_ += claim->credit;
  if (!started_) {
    started_ = true;
    asio::co_spawn(service_.context, claim_loop(shared_from_this()), asio::detached);
    asio::co_spawn(service_.context, write_loop(shared_from_this()), asio::detached);
  }
  wake();
  return {};
}

Result<void> Delivery::settle(const ipc::Frame& frame) {
  const auto message = ipc::parse<ipc::Settle>(frame);
  if (!message) return fail(message.error());
  spool::Spool::Settlement settlement;
  for (const auto& recipient : message->recipients) {
    if (recipient.index >= spool::kMaxRecipients)
      return fail(ErrorCode::kProtocol, "no message has so many recipients");
    settlement.recipients.push_back(
        {static_cast<std::uint16_t>(recipient.index), state_of(recipient.outcome), recipient.reply});
  }
  constexpr std::uint64_t kForEver = 1'000'000'000'000;
  settlement.retry_after = std::chrono::milliseconds(std::min(message->retry_after_ms, kForEver));
  settlement.counts = message->counts;
  const auto begun = service_.spool.settle(owner_, message->id, settlement, message->events,
                                           [self = shared_from_this(), id = message->id](const Result<void>& result) {
                                             self->settled(id, result.has_value());
                                           });
  if (!begun) {
    log::error("a delivery could not be recorded", {{"reason", begun.error().context}});
    settled(message->id, false);
  }
  return {};
}

void Delivery::settled(std::uint64_t id, bool ok) {
  if (ended_) return;
  channel_->queue(ipc::Settled{id, ok});
  written_.cancel();
}

Result<void> Delivery::record(const std::vector<std::string>& events) {
  const auto begun = service_.spool.record(
      events, [self = shared_from_this()](const Result<void>& result) { self->recorded(result.has_value()); });
  if (!begun) {
    log::error("ledger events were not recorded", {{"reason", begun.error().context}});
    recorded(false);
  }
  return {};
}

void Delivery::recorded(bool ok) {
  if (ended_) return;
  channel_->queue(ipc::Recorded{ok});
  written_.cancel();
}

void Delivery::end() {
  ended_ = true;
  service_.spool.end_claims(owner_);
  channel_->close();
  due_.cancel();
  written_.cancel();
}

asio::awaitable<void> Delivery::claim_loop(std::shared_ptr<Delivery> self) {
  while (!self->ended_) {
    const bool more = self->credit_ > 0 && self->channel_->queued() < kWindow && co_await self->claim_some();
    if (!more && !self->ended_) co_await self->wait_for_due();
  }
  // What a claim that was under way brought after the end is given back as well.
  self->service_.spool.end_claims(self->owner_);
}

asio::awaitable<bool> Delivery::claim_some() {
  const auto limit = std::min<std::uint64_t>(credit_, kAtOnce);
  const auto claimed = co_await off_loop(service_, [this, limit] { return service_.spool.claim(owner_, limit); });
  if (!claimed) {
    log::error("messages can't be claimed", {{"reason", claimed.error().context}});
    asio::steady_timer pause(service_.context, kPause);
    co_await pause.async_wait(kAwait);
    co_return false;
  }
  if (ended_) co_return false;
  for (const auto& message : *claimed) send(message);
  credit_ -= std::min<std::uint64_t>(credit_, claimed->size());
  if (!claimed->empty()) written_.cancel();
  co_return claimed->size() == limit;
}

void Delivery::send(const spool::Claimed& claimed) {
  ipc::Claimed message;
  message.id = claimed.id;
  message.size = claimed.size;
  message.attempts = claimed.attempts;
  const auto accepted = Clock::system().wall() - claimed.age;
  message.accepted_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(accepted.time_since_epoch()).count());
  message.envelope = claimed.envelope;
  for (std::uint32_t i = 0; i < claimed.recipients.size(); ++i) {
    if (claimed.recipients[i].state == spool::RecipientState::kPending) message.due.push_back(i);
  }
  message.head = claimed.content;
  channel_->queue(message);
}

asio::awaitable<void> Delivery::wait_for_due() {
  std::chrono::steady_clock::duration wait = kLongest;
  if (credit_ > 0 && channel_->queued() < kWindow) {
    if (const auto next = service_.spool.next_due()) wait = std::min<std::chrono::steady_clock::duration>(wait, *next);
  }
  due_.expires_after(wait);
  co_await due_.async_wait(kAwait);
}

asio::awaitable<void> Delivery::write_loop(std::shared_ptr<Delivery> self) {
  while (!self->ended_) {
    if (self->channel_->queued() == 0) {
      self->written_.expires_after(kLongest);
      co_await self->written_.async_wait(kAwait);
      continue;
    }
    if (const auto sent = co_await self->channel_->flush(kAnswer); !sent) {
      // The reader of this connection sees its end and calls end().
      if (!self->ended_) self->channel_->close();
      co_return;
    }
    self->wake();
  }
}

}  // namespace postern::vault
