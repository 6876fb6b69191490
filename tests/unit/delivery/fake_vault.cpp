#include "fake_vault.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <stdexcept>

#include "base/clock.h"
#include "ipc/listener.h"

namespace postern::delivery::test {

using namespace std::chrono_literals;

FakeVault::FakeVault(asio::io_context& io) : io_(io), folder_("/tmp/postern-vault-XXXXXX") {
  if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = folder_ + "/hot.sock";
  start();
}

FakeVault::~FakeVault() {
  *alive_ = false;
  cut(false);
  ::rmdir(folder_.c_str());
}

void FakeVault::start() {
  acceptor_ = std::make_shared<asio::local::stream_protocol::acceptor>(
      std::move(ipc::listen_unix(io_.get_executor(), path_, 0600).value()));
  asio::co_spawn(io_, accept(*this, acceptor_), asio::detached);
}

void FakeVault::cut(bool listen) {
  for (const auto& weak : channels_) {
    if (const auto channel = weak.lock()) channel->close();
  }
  channels_.clear();
  claimer_.reset();
  forget_claims();
  if (listen || !acceptor_) return;
  acceptor_->close();
  acceptor_.reset();
  ::unlink(path_.c_str());
}

void FakeVault::forget_claims() {
  credit_ = 0;
  for (auto& [id, queued] : queue_) queued.claimed = false;
}

void FakeVault::add(Message message) {
  Queued queued;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) queued.due.push_back(i);
  if (message.accepted_ms == 0) {
    message.accepted_ms = static_cast<std::uint64_t>(Clock::system().wall().time_since_epoch() / 1ms);
  }
  queued.message = std::move(message);
  const std::uint64_t id = queued.message.id;
  queue_.insert_or_assign(id, std::move(queued));
  hand_out();
}

void FakeVault::retry(std::uint64_t id) {
  queue_.at(id).waiting = false;
  hand_out();
}

std::vector<std::uint32_t> FakeVault::due(std::uint64_t id) const {
  const auto found = queue_.find(id);
  return found == queue_.end() ? std::vector<std::uint32_t>{} : found->second.due;
}

std::size_t FakeVault::events_named(std::string_view name) const {
  const std::string start = "{\"event\":\"" + std::string(name) + "\"";
  return static_cast<std::size_t>(
      std::ranges::count_if(events_, [&](const std::string& event) { return event.starts_with(start); }));
}

void FakeVault::hand_out() {
  if (!claimer_) return;
  for (auto& [id, queued] : queue_) {
    if (credit_ == 0) break;
    if (queued.claimed || queued.waiting) continue;
    queued.claimed = true;
    --credit_;
    ++claims_;
    const Message& message = queued.message;
    spool::Envelope envelope;
    envelope.reverse_path = message.reverse_path;
    envelope.flags = message.flags;
    envelope.person = "alice";
    for (const auto& recipient : message.recipients) envelope.recipients.push_back({recipient, {}, 0});
    claimer_->queue(ipc::Claimed{id, message.content.size(), message.attempts, message.accepted_ms,
                                 spool::encode(envelope), queued.due, message.content.substr(0, message.head)});
  }
  kick(claimer_);
}

void FakeVault::kick(const std::shared_ptr<ipc::Channel>& channel) {
  if (channel->queued() == 0 || !flushing_->insert(channel.get()).second) return;
  asio::co_spawn(io_, flush(flushing_, channel), asio::detached);
}

asio::awaitable<void> FakeVault::flush(std::shared_ptr<std::set<ipc::Channel*>> busy,
                                       std::shared_ptr<ipc::Channel> channel) {
  while (channel->queued() > 0) {
    if (!co_await channel->flush(5s)) break;
  }
  busy->erase(channel.get());
}

asio::awaitable<void> FakeVault::accept(FakeVault& vault,
                                        std::shared_ptr<asio::local::stream_protocol::acceptor> acceptor) {
  const auto alive = vault.alive_;
  for (;;) {
    auto socket = co_await ipc::accept_unix(*acceptor);
    if (!socket || !*alive) co_return;
    auto channel = std::make_shared<ipc::Channel>(std::move(*socket));
    vault.channels_.push_back(channel);
    asio::co_spawn(vault.io_, serve(vault, channel), asio::detached);
  }
}

asio::awaitable<void> FakeVault::serve(FakeVault& vault, std::shared_ptr<ipc::Channel> channel) {
  const auto alive = vault.alive_;
  for (;;) {
    const auto frame = co_await channel->receive();
    if (!*alive) co_return;
    if (!frame || !vault.handle(channel, *frame)) break;
    vault.kick(channel);
  }
  channel->close();
  if (vault.claimer_ == channel) {
    vault.claimer_.reset();
    vault.forget_claims();
  }
}

bool FakeVault::handle(const std::shared_ptr<ipc::Channel>& channel, const ipc::Frame& frame) {
  switch (frame.type) {
    case ipc::Claim::kType:
      claimer_ = channel;
      credit_ += ipc::parse<ipc::Claim>(frame).value().credit;
      hand_out();
      return true;
    case ipc::Settle::kType: return on_settled(channel, ipc::parse<ipc::Settle>(frame).value());
    case ipc::Read::kType: on_read(*channel, ipc::parse<ipc::Read>(frame).value()); return true;
    case ipc::Event::kType: {
      ipc::Event event = ipc::parse<ipc::Event>(frame).value();
      if (losing_events > 0) {
        --losing_events;
        return false;
      }
      std::ranges::move(event.events, std::back_inserter(events_));
      channel->queue(ipc::Recorded{true});
      return true;
    }
    default: return false;
  }
}

bool FakeVault::on_settled(const std::shared_ptr<ipc::Channel>& channel, ipc::Settle settle) {
  const Reaction reaction = on_settle ? on_settle(settle) : Reaction::kStore;
  const auto found = queue_.find(settle.id);
  // The real one answers so, too: who has no claim can't settle.
  const bool claimed = found != queue_.end() && found->second.claimed;
  if (reaction == Reaction::kCutBefore) return false;
  const bool stored = claimed && reaction != Reaction::kRefuse;
  settlements_.push_back(settle);
  if (stored) store(settle);
  if (!stored && claimed) found->second.claimed = false;
  if (reaction == Reaction::kCutAfter) return false;
  channel->queue(ipc::Settled{settle.id, stored});
  hand_out();
  return true;
}

void FakeVault::store(const ipc::Settle& settle) {
  Queued& queued = queue_.at(settle.id);
  for (const auto& recipient : settle.recipients) {
    if (recipient.outcome != ipc::Settle::Outcome::kDeferred) std::erase(queued.due, recipient.index);
  }
  for (const auto& event : settle.events) events_.push_back(event);
  queued.claimed = false;
  queued.waiting = true;
  if (settle.counts) ++queued.message.attempts;
  if (queued.due.empty()) queue_.erase(settle.id);
}

void FakeVault::on_read(ipc::Channel& channel, const ipc::Read& read) {
  ++reads_;
  const auto found = queue_.find(read.id);
  if (found == queue_.end() || (unreadable_from && read.offset >= *unreadable_from)) {
    channel.queue(ipc::Refused{ipc::Refused::Kind::kStorage, "can't be read"});
    return;
  }
  channel.queue(ipc::Content{std::string_view(found->second.message.content).substr(read.offset, read.length)});
}

}  // namespace postern::delivery::test
