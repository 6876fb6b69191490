#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/server.h"
#include "submission/buffers.h"
#include "submission/connection.h"
#include "submission/facts.h"
#include "submission/settings.h"
#include "submission/transfer.h"

namespace postern::submission {

class Worker;

/// A place among the open connections (gate/connections.h), given back when it is destroyed. The front that counts may
/// live on another thread; calls are passed on to it.
class Admission {
 public:
  virtual ~Admission() = default;
  virtual void logged_in() = 0;
};

/// What a person who looks sees of a session.
struct SessionView {
  std::uint64_t id = 0;
  std::string client;
  std::string link;
  std::string person;
  std::string device;
  std::string tls;  ///< version, empty in the clear
  std::string_view state;
  std::uint64_t messages = 0;
  std::chrono::seconds age{};
};

/// One client's session: TLS, SMTP, login, messages. It is one coroutine, run(), which owns it; the protocol's order is
/// smtp::Server's business, what may be said is decided here, and the worker has what the sessions share.
///
/// While a client is idle no buffer is held. Everything that waits has a deadline; see Worker for the ticker. Lives on
/// its worker's executor.
class Session {
 public:
  /// The worker must outlive it.
  Session(Worker& worker, Connection::Socket socket, Origin origin, std::unique_ptr<Admission> admission);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves the client until the end. It reports what happened to the ledger itself and never throws but bad_alloc.
  static asio::awaitable<void> run(std::unique_ptr<Session> session);

  /// Called some times a second: ends a wait whose deadline has passed.
  void tick(MonoTime now) { connection_.tick(now); }
  /// Ends the session now. The client gets the reply if the session is waiting for it; if the session is busy (with the
  /// vault, or with a login) the connection is cut at once.
  void end(const smtp::ReplyView& reply, std::string reason);
  /// Ends the session as soon as no transaction is open.
  void finish();

  const SessionFacts& facts() const { return facts_; }
  SessionView view() const;
  /// Memory for content and commands, in bytes, apart from borrowed read buffers.
  std::size_t memory() const;

 private:
  enum class Phase { kHandshake, kBeforeLogin, kCommand, kMessage };

  // session.cpp: the connection
  asio::awaitable<void> serve();
  asio::awaitable<void> converse();
  /// Runs TLS's handshake; false when it failed.
  asio::awaitable<bool> shake_hands();
  /// Writes what the machine has to say, then waits for input: what NeedInput asks for.
  asio::awaitable<void> feed();
  asio::awaitable<bool> write_output();
  /// Says goodbye to the client so that the last reply reaches it.
  asio::awaitable<void> part(bool linger);
  /// Around whatever may take long: what was read and is not consumed leaves the shared buffer, and comes back.
  void put_leftover_aside();
  void take_leftover_back();
  void read_input();
  /// Tells the machine that a wait did not end well.
  void on_wake(Connection::Wake wake);
  MonoTime read_deadline(MonoTime now);

  // session_decisions.cpp: what the machine asks
  asio::awaitable<void> decide_login(smtp::Authenticate& request);
  asio::awaitable<void> decide_sender(const smtp::Sender& sender);
  asio::awaitable<void> end_message();
  asio::awaitable<void> abort_message(smtp::Fault fault);
  void note(const smtp::Action& action);
  void note_refusal(const smtp::Refused& refused);
  void grant(ipc::LoginReply& reply);
  void refuse_login(const ipc::LoginReply& reply, std::string_view user);
  void reject(const smtp::ReplyView& reply, std::string_view command, std::string_view reason,
              std::string_view argument);
  void begin_transaction(const smtp::Sender& sender);
  /// A transaction without content that was given up; nothing if there is none.
  void drop_transaction(std::string_view reason);
  bool in_transaction() const;
  void flush_events();
  void report_end();

  Worker& worker_;
  const std::shared_ptr<const Settings> settings_;
  const std::unique_ptr<Admission> admission_;
  Connection connection_;
  SessionFacts facts_;
  const MonoTime began_;
  std::optional<smtp::Server> server_;

  BufferPool::Lease buffer_;
  std::span<char> input_;  ///< what was read and the machine has not consumed, in buffer_
  std::string leftover_;   ///< the same while no buffer is held

  Phase phase_ = Phase::kHandshake;
  MonoTime waiting_since_;     ///< for the command or the piece of content that is awaited
  bool progressed_ = true;     ///< since then
  MonoTime message_began_{};   ///< its content
  std::uint64_t message_ = 0;  ///< id of the transaction's message; 0: no transaction
  std::uint64_t message_received_ = 0;
  std::optional<Transfer> transfer_;
  std::vector<std::string> events_;  ///< of the transaction

  std::uint64_t messages_ = 0;
  bool finishing_ = false;
  bool ending_ = false;
  smtp::ReplyView end_reply_;
  std::string end_reason_;
};

}  // namespace postern::submission
