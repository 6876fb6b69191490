#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ipc/channel.h"
#include "ipc/vault_messages.h"
#include "spool/envelope.h"

namespace postern::delivery::test {

namespace asio = boost::asio;

/// The vault's side of the protocol, in memory, on a real unix socket; told by the test where to misbehave.
class FakeVault {
 public:
  struct Message {
    std::uint64_t id = 1;
    std::string content = "Subject: test\r\n\r\nhello\r\n";
    std::vector<std::string> recipients = {"bob@example.org"};
    std::uint8_t flags = 0;
    std::uint32_t attempts = 0;
    std::uint64_t accepted_ms = 0;  ///< 0: now
    std::string reverse_path = "alice@example.com";
    std::size_t head = 256 << 10;  ///< how much of the content comes with the claim
  };
  /// A settlement that came.
  using Settlement = ipc::Settle;

  explicit FakeVault(asio::io_context& io);
  ~FakeVault();
  FakeVault(const FakeVault&) = delete;
  FakeVault& operator=(const FakeVault&) = delete;

  const std::string& path() const { return path_; }
  /// Puts a message into the queue.
  void add(Message message);
  /// Makes a message that was deferred due again.
  void retry(std::uint64_t id);
  /// Cuts all connections; with `listen` false nobody can connect until start().
  void cut(bool listen = true);
  void start();

  /// Asked for each settlement: what to do with it.
  enum class Reaction { kStore, kRefuse, kCutBefore, kCutAfter };
  std::function<Reaction(const Settlement&)> on_settle;
  /// Content is refused beyond this offset.
  std::optional<std::uint64_t> unreadable_from;
  /// So many frames of events end the connection unrecorded.
  int losing_events = 0;

  const std::vector<Settlement>& settlements() const { return settlements_; }
  /// All ledger events, those of settlements too.
  const std::vector<std::string>& events() const { return events_; }
  std::size_t events_named(std::string_view name) const;
  std::size_t claims() const { return claims_; }
  std::size_t credit() const { return credit_; }
  std::size_t reads() const { return reads_; }
  /// Recipients that are still due.
  std::vector<std::uint32_t> due(std::uint64_t id) const;
  bool is_empty() const { return queue_.empty(); }

 private:
  struct Queued {
    Message message;
    std::vector<std::uint32_t> due;
    bool claimed = false;
    bool waiting = false;  // deferred: not due before retry()
  };
  static asio::awaitable<void> accept(FakeVault& vault,
                                      std::shared_ptr<asio::local::stream_protocol::acceptor> acceptor);
  static asio::awaitable<void> serve(FakeVault& vault, std::shared_ptr<ipc::Channel> channel);
  bool handle(const std::shared_ptr<ipc::Channel>& channel, const ipc::Frame& frame);
  bool on_settled(const std::shared_ptr<ipc::Channel>& channel, ipc::Settle settle);
  void store(const ipc::Settle& settle);
  void on_read(ipc::Channel& channel, const ipc::Read& read);
  void hand_out();
  void forget_claims();
  /// Sends what is queued; one coroutine a channel at a time.
  void kick(const std::shared_ptr<ipc::Channel>& channel);
  static asio::awaitable<void> flush(std::shared_ptr<std::set<ipc::Channel*>> busy,
                                     std::shared_ptr<ipc::Channel> channel);

  asio::io_context& io_;
  std::string folder_;
  std::string path_;
  std::shared_ptr<asio::local::stream_protocol::acceptor> acceptor_;
  std::vector<std::weak_ptr<ipc::Channel>> channels_;
  std::shared_ptr<ipc::Channel> claimer_;
  std::size_t credit_ = 0;
  std::size_t claims_ = 0;
  std::size_t reads_ = 0;
  std::map<std::uint64_t, Queued> queue_;
  std::vector<Settlement> settlements_;
  std::vector<std::string> events_;
  std::shared_ptr<std::set<ipc::Channel*>> flushing_ = std::make_shared<std::set<ipc::Channel*>>();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace postern::delivery::test
