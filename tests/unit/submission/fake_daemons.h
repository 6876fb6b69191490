#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ipc/auth_messages.h"
#include "ipc/channel.h"
#include "ipc/vault_messages.h"
#include "spool/envelope.h"

namespace postern::submission::test {

namespace asio = boost::asio;

/// Plays postern-vault on a real socket: takes what comes and keeps it in memory. Runs on an io_context of the test's;
/// the members that look are called from the test's thread.
class FakeVault {
 public:
  struct Message {
    std::uint64_t id = 0;
    spool::Envelope envelope;
    std::string content;
    std::size_t chunks = 0;
  };
  enum class Answer { kCommit, kRefuseFull, kRefuseStorage, kRefuseTooBig, kHangUp, kSilence };

  FakeVault(asio::io_context& context, const std::string& run);
  /// What is said to commits from now on, and to probes.
  void answer(Answer commits);
  /// The next so many frames of events end the connection unrecorded.
  void lose_events(int frames);
  void refuse_probes(std::optional<ipc::Refused::Kind> kind);
  /// Stops reading on all connections until let go: back-pressure.
  void hold(bool on);
  /// Goes away: closes the socket and all connections. (Once.)
  void vanish();

  std::vector<Message> messages() const;
  std::vector<std::string> events() const;
  /// Waits until an event contains all of these texts; false after five seconds.
  bool saw(const std::vector<std::string>& parts) const;
  std::size_t aborts() const;
  std::size_t probes() const;
  /// Bytes of content that came, committed or not.
  std::size_t received() const;

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<ipc::Channel> channel);
  bool take(ipc::Channel& channel, const ipc::Frame& frame, Message& message);

  asio::local::stream_protocol::acceptor acceptor_;
  std::vector<std::weak_ptr<ipc::Channel>> channels_;
  mutable std::mutex mutex_;
  std::vector<Message> messages_;
  std::vector<std::string> events_;
  std::size_t aborts_ = 0;
  std::size_t probes_ = 0;
  std::size_t received_ = 0;
  Answer answer_ = Answer::kCommit;
  std::optional<ipc::Refused::Kind> refused_probe_;
  bool held_ = false;
  int losing_events_ = 0;
};

/// Plays postern-auth: "ann" has the password "secret" and the address ann@example.org, on device "laptop".
class FakeAuth {
 public:
  FakeAuth(asio::io_context& context, const std::string& run);
  /// How long each answer takes.
  void delay(std::chrono::milliseconds time) { delay_ = time; }
  void unavailable(bool on) { unavailable_ = on; }
  std::size_t asked() const { return asked_; }

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<ipc::Channel> channel);
  ipc::LoginReply decide(const ipc::LoginRequest& request) const;

  asio::local::stream_protocol::acceptor acceptor_;
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  std::atomic<bool> unavailable_{false};
  std::atomic<std::size_t> asked_{0};
};

}  // namespace postern::submission::test
