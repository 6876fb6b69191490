#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ipc/channel.h"
#include "ipc/vault_messages.h"

namespace postern::delivery {

namespace asio = boost::asio;

/// The connection on which messages are claimed from the vault and settled. Connects again by itself, with back-off.
///
/// What a delivery came to is never lost by a broken connection, short of the end of this process: a settlement is
/// kept until the vault says that it is on stable storage. A broken connection voids the claims, so the vault hands the
/// message out again; if its kept settlement has final results (delivered, failed) for a recipient that is due again,
/// the settlement is given once more instead of the mail. A settlement of nothing but deferrals is forgotten then.
///
/// Each claim carries the number of the connection it came on (its epoch): a settlement is sent only on that one.
/// What is queued within one turn of the event loop goes out in one system call. Not thread-safe.
class VaultLink {
 public:
  struct Handlers {
    /// A message to deliver.
    std::function<void(ipc::Claimed, std::uint64_t epoch)> claimed;
    /// The connection stands anew, or credit may be given again: call want().
    std::function<void()> ready;
    /// The connection broke: all claims of its epoch and before are void.
    std::function<void()> lost;
  };

  VaultLink(asio::any_io_executor executor, std::string socket_path, Handlers handlers);
  VaultLink(const VaultLink&) = delete;
  VaultLink& operator=(const VaultLink&) = delete;

  /// Connects and receives until close(); runs once. The object must outlive it, and the executor's run.
  asio::awaitable<void> run();
  /// Ends run() and the connection.
  void close();

  /// How many messages more would be welcome; asks the vault for what it does not owe yet.
  void want(std::size_t messages);
  /// Sends a settlement of a message claimed at `epoch`, or keeps it until the message comes again.
  void settle(ipc::Settle settle, std::uint64_t epoch);
  /// A ledger event that belongs to no message. Kept until the vault says that it is on stable storage; of those that
  /// wait at most 1000 are kept, and the ledger is told how many are missing.
  void event(std::string json);

  bool connected() const { return channel_ != nullptr; }
  std::uint64_t epoch() const { return epoch_; }
  /// Settlements that the vault has not confirmed.
  std::size_t unsettled() const { return unsettled_.size(); }
  /// Whether all that was said on the connection that stands is sent, and all settlements on it confirmed: what a
  /// stopping daemon waits for.
  bool quiet() const { return unanswered_ == 0 && events_sent_ == 0 && !flushing_; }

 private:
  struct Kept {
    ipc::Settle settle;
    bool sent = false;     // on the connection that stands
    bool refused = false;  // the vault could not store it
  };
  asio::awaitable<void> receive(std::shared_ptr<ipc::Channel> channel);
  asio::awaitable<void> flush_all(std::shared_ptr<ipc::Channel> channel);
  asio::awaitable<void> pause(std::chrono::steady_clock::duration time);
  void on_claimed(ipc::Claimed claimed);
  void on_settled(const ipc::Settled& settled);
  /// Gives the kept settlement again if it answers the claim; false if the message must be delivered.
  bool answer_from_kept(const ipc::Claimed& claimed);
  asio::awaitable<void> settle_later(std::uint64_t id, std::uint64_t epoch);
  void on_recorded(const ipc::Recorded& recorded);
  void send_kept(Kept& kept);
  void send_events();
  asio::awaitable<void> send_events_later(std::uint64_t epoch);
  void connected_anew(std::shared_ptr<ipc::Channel> channel);
  void disconnected();
  void kick();

  asio::any_io_executor executor_;
  std::string path_;
  Handlers handlers_;
  asio::steady_timer timer_;
  std::shared_ptr<ipc::Channel> channel_;
  std::uint64_t epoch_ = 0;
  std::size_t owed_ = 0;        // credit given and not yet used
  std::size_t unanswered_ = 0;  // settlements sent on this connection and not confirmed
  std::unordered_map<std::uint64_t, Kept> unsettled_;
  std::deque<std::string> events_;    // not known to be recorded
  std::size_t events_sent_ = 0;       // of these, from the front, on this connection, not answered
  std::uint64_t events_dropped_ = 0;  // for which there was no room
  bool flushing_ = false;
  bool closed_ = false;
};

}  // namespace postern::delivery
