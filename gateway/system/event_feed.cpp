#include "system/event_feed.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/log.h"
#include "ledger/event.h"

namespace postern::system {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kDeadline = std::chrono::seconds(5);
constexpr auto kRetry = std::chrono::seconds(1);
constexpr std::size_t kBatch = 64;
}  // namespace

EventFeed::EventFeed(const asio::any_io_executor& executor, std::string vault_socket, std::size_t bound)
    : wake_(executor), vault_socket_(std::move(vault_socket)), bound_(bound) {}

void EventFeed::add(std::string event) {
  if (events_.size() >= bound_) {
    if (dropped_++ == 0) log::error("the vault is away and the queue of ledger events is full: events are lost");
    return;
  }
  events_.push_back(std::move(event));
  wake_.cancel();
}

void EventFeed::stop() {
  stopping_ = true;
  wake_.cancel();
}

asio::awaitable<void> EventFeed::run() {
  for (;;) {
    const bool sent = events_.empty() || co_await send_all();
    if (stopping_) co_return;
    if (!events_.empty() && sent) continue;
    wake_.expires_after(sent ? std::chrono::hours(24) : kRetry);
    co_await wake_.async_wait(kAwait);
  }
}

// Only the vault's word that they are on stable storage lets events go.
asio::awaitable<bool> EventFeed::record(ipc::Channel& channel, const ipc::Event& batch) {
  if (!co_await channel.send(batch, kDeadline)) co_return false;
  const auto answer = co_await channel.receive_as<ipc::Recorded>(kDeadline);
  co_return answer && answer->ok;
}

/// One connection for all that waits: events are rare, and an idle connection would only have to be watched.
asio::awaitable<bool> EventFeed::send_all() {
  auto channel = co_await ipc::Channel::connect(vault_socket_, kDeadline);
  if (!channel) co_return false;
  if (const auto told = dropped_; told > 0) {
    const ipc::Event lost{{ledger::Event("events-lost").number("count", told).take()}};
    if (!co_await record(*channel, lost)) co_return false;
    dropped_ -= told;  // more may have been dropped meanwhile
  }
  while (!events_.empty()) {
    ipc::Event batch;
    for (std::size_t i = 0; i < events_.size() && i < kBatch; ++i) batch.events.push_back(events_[i]);
    if (!co_await record(*channel, batch)) co_return false;
    events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(batch.events.size()));
  }
  co_return true;
}

}  // namespace postern::system
