#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <string>

#include "ipc/channel.h"
#include "ipc/vault_messages.h"

namespace postern::system {

namespace asio = boost::asio;

/// Ledger events on their way to the vault. They wait in memory until the vault says that they are on stable storage,
/// at most `bound` of them; what does not fit is counted, and the ledger is told how many are missing. One executor.
class EventFeed {
 public:
  EventFeed(const asio::any_io_executor& executor, std::string vault_socket, std::size_t bound = 10000);
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  /// Queues one event, a JSON object made by ledger::Event. Never blocks.
  void add(std::string event);
  /// Sends, for ever: run it once by co_spawn; it ends after stop().
  asio::awaitable<void> run();
  /// Sends what waits, if that is possible within a moment, then ends run().
  void stop();

  std::size_t waiting() const { return events_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  asio::awaitable<bool> send_all();
  static asio::awaitable<bool> record(ipc::Channel& channel, const ipc::Event& batch);

  asio::steady_timer wake_;
  std::string vault_socket_;
  std::size_t bound_;
  std::deque<std::string> events_;
  std::uint64_t dropped_ = 0;  ///< since the ledger was told last
  bool stopping_ = false;
};

}  // namespace postern::system
