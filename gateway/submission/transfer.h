#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ipc/pool.h"
#include "ipc/vault_messages.h"
#include "message/header.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"
#include "submission/facts.h"
#include "submission/settings.h"

namespace postern::submission {

namespace asio = boost::asio;

/// One message on its way from the client to the vault.
///
/// The header block is gathered, checked (ownership of From and Sender) and completed; then header and body go to the
/// vault. A message up to kStreamAfter is kept until it is complete and travels as one write; a larger one is streamed:
/// while a piece is being sent, the session doesn't read, so that the client feels the vault's pace. A message that
/// can't be accepted is swallowed to its end, since SMTP has no earlier moment to say so, and refused then.
///
/// Nothing is durable, and no trace of the message is left, before finish() says that it was accepted.
/// Not thread-safe. Everything that the constructor is given must outlive it.
class Transfer {
 public:
  static constexpr std::size_t kStreamAfter = 64 << 10;
  /// For reaching the vault.
  static constexpr std::chrono::seconds kConnect{5};

  struct Context {
    const Settings& settings;
    ipc::Pool& vault;
    const Clock& clock;
    const SessionFacts& facts;
    const smtp::Envelope& envelope;
    std::uint64_t id;
  };
  explicit Transfer(const Context& context) : context_(context) {}

  /// Takes a piece of the content. True: push() must be awaited before the next piece is read.
  bool take(std::string_view bytes);
  /// Sends what has gathered.
  asio::awaitable<void> push();

  /// How a message ended.
  struct Verdict {
    bool accepted = false;
    smtp::Reply reply;   ///< for the client; when accepted: "queued as ..."
    std::string reason;  ///< for the ledger, when refused
  };
  /// The content is complete. `events` are those of the transaction so far; "queued" is added, and all of them become
  /// durable together with the message. When it is refused they do not: `events` still holds them then.
  asio::awaitable<Verdict> finish(std::vector<std::string>& events);
  /// The message will not be completed: tells the vault, if it knows of it. Its events are the caller's to write down.
  asio::awaitable<void> abandon();

  /// Bytes handed over so far, as the client sent them.
  std::uint64_t received() const { return received_; }
  /// Memory held for content.
  std::size_t memory() const { return content_.capacity(); }

 private:
  enum class Stage { kHeader, kBody, kRefused };

  /// Parses, checks and completes the first `size` bytes gathered.
  void take_header(std::size_t size);
  std::optional<Error> complete_header(std::string_view block);
  void refuse(smtp::Reply reply, std::string reason);
  asio::awaitable<bool> open_channel();
  /// Puts what has gathered into frames behind those that wait to be sent.
  void queue_content();
  std::string encoded_envelope() const;
  std::string queued_event() const;
  /// Sends what is queued and waits for the answer.
  asio::awaitable<Result<ipc::Frame>> exchange();
  Verdict judge(const Result<ipc::Frame>& frame);

  const Context context_;
  Stage stage_ = Stage::kHeader;
  message::HeaderEnd header_end_;
  std::string content_;  ///< kHeader: the client's header block so far; kBody: what isn't in a frame yet
  std::optional<ipc::Pool::Lease> channel_;
  std::uint64_t received_ = 0;
  std::uint64_t stored_ = 0;  ///< bytes of the completed message
  bool eight_bit_ = false;
  std::string message_id_;
  Verdict refusal_;
};

}  // namespace postern::submission
