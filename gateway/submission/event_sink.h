#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "ipc/channel.h"
#include "ipc/vault_messages.h"

namespace postern::submission {

namespace asio = boost::asio;

/// Ledger events outside of a message's transaction, on their way to the vault: gathered for a moment, sent in batches
/// on one connection, kept until the vault says that they are on stable storage.
///
/// Memory is bounded. At `soft` bytes full() turns true, and nobody new is let in: what can't be written down must not
/// happen. Sessions that stand can't add much more; should they, events beyond twice that are dropped and counted, and
/// the count is the first thing that is written when the vault is back.
/// Not thread-safe; one a worker.
class EventSink {
 public:
  struct Limits {
    std::size_t soft = 4 << 20;              ///< bytes
    std::size_t batch = 256 << 10;           ///< bytes in one frame, about
    std::chrono::milliseconds gather{20};    ///< how long the first event of a batch waits for others
    std::chrono::milliseconds retry{500};    ///< pause while the vault is away
    std::chrono::milliseconds send{10'000};  ///< for one batch
  };

  EventSink(const asio::any_io_executor& executor, std::string vault_socket, Limits limits);
  EventSink(const asio::any_io_executor& executor, std::string vault_socket)
      : EventSink(executor, std::move(vault_socket), Limits{}) {}

  /// Takes an event (ledger/event.h); never waits.
  void add(std::string event);
  bool full() const { return size_ >= limits_.soft; }
  bool empty() const { return events_.empty() && !sending_; }
  std::size_t size() const { return size_; }
  /// Whether the last attempt to reach the vault worked.
  bool connected() const { return connected_; }

  /// Sends until stop(). Start it once.
  asio::awaitable<void> run();
  /// Makes run() send what is there, once more at most, and return.
  void stop();

 private:
  asio::awaitable<bool> send_batch();
  asio::awaitable<Result<void>> exchange(const ipc::Event& batch);
  asio::awaitable<void> pause(std::chrono::milliseconds time);

  const Limits limits_;
  const std::string path_;
  std::deque<std::string> events_;
  std::size_t size_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<ipc::Channel> channel_;
  asio::steady_timer wake_;
  bool sleeping_ = false;
  bool sending_ = false;
  bool connected_ = true;
  bool stopping_ = false;
};

}  // namespace postern::submission
