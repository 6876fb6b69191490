#include "submission/event_sink.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "ledger/event.h"

namespace postern::submission {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
}

EventSink::EventSink(const asio::any_io_executor& executor, std::string vault_socket, Limits limits)
    : limits_(limits), path_(std::move(vault_socket)), wake_(executor) {}

void EventSink::add(std::string event) {
  if (size_ >= 2 * limits_.soft) {
    ++dropped_;
    return;
  }
  size_ += event.size();
  events_.push_back(std::move(event));
  if (sleeping_) wake_.cancel();
}

asio::awaitable<void> EventSink::pause(std::chrono::milliseconds time) {
  wake_.expires_after(time);
  co_await wake_.async_wait(kAwait);
}

asio::awaitable<void> EventSink::run() {
  for (;;) {
    while (events_.empty() && !stopping_) {
      wake_.expires_at(asio::steady_timer::time_point::max());
      sleeping_ = true;
      co_await wake_.async_wait(kAwait);
      sleeping_ = false;
    }
    if (events_.empty()) co_return;
    if (!stopping_ && size_ < limits_.batch) co_await pause(limits_.gather);
    const bool sent = co_await send_batch();
    if (!sent && stopping_) co_return;
    if (!sent) co_await pause(limits_.retry);
  }
}

asio::awaitable<bool> EventSink::send_batch() {
  if (channel_ && !channel_->is_idle_and_alive()) channel_.reset();
  if (!channel_) {
    auto made = co_await ipc::Channel::connect(path_, limits_.send);
    if (!made) {
      if (std::exchange(connected_, false)) {
        log::error("the vault can't be reached; ledger events wait", {{"error", made.error().context}});
      }
      co_return false;
    }
    channel_.emplace(std::move(*made));
  }
  ipc::Event batch;
  const auto told = dropped_;  // more may be dropped while this is on its way
  if (told > 0) batch.events.push_back(ledger::Event("events-lost").number("count", told).take());
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < events_.size() && bytes < limits_.batch; ++count) {
    bytes += events_[count].size();
    batch.events.push_back(events_[count]);
  }
  sending_ = true;
  const auto recorded = co_await exchange(batch);
  sending_ = false;
  if (!recorded) {
    log::warning("ledger events could not be recorded; trying again", {{"error", recorded.error().context}});
    channel_.reset();
    connected_ = false;
    co_return false;
  }
  if (!std::exchange(connected_, true)) log::notice("the vault is back");
  dropped_ -= told;
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
  size_ -= bytes;
  co_return true;
}

// Only the vault's word that they are on stable storage lets events go.
asio::awaitable<Result<void>> EventSink::exchange(const ipc::Event& batch) {
  if (const auto sent = co_await channel_->send(batch, limits_.send); !sent) co_return sent;
  const auto answer = co_await channel_->receive_as<ipc::Recorded>(limits_.send);
  if (!answer) co_return fail(answer.error());
  if (!answer->ok) co_return fail(ErrorCode::kUnavailable, "the vault can't store them now");
  co_return Result<void>{};
}

void EventSink::stop() {
  stopping_ = true;
  wake_.cancel();
}

}  // namespace postern::submission
