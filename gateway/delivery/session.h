#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "delivery/content.h"
#include "delivery/route.h"
#include "delivery/stream.h"
#include "smtp/client.h"

namespace postern::delivery {

/// Why no session could be had; no message is to blame for it.
struct OpenFailure {
  std::string stage;   ///< "connect", "tls", or smtp::to_string of the stage: "greeting", "auth" ...
  std::string reason;  ///< for people: the server's words or ours
  std::string remote;  ///< "192.0.2.1:587"; empty if it did not come to a connection
};

/// What became of one transaction.
struct Transaction {
  std::vector<smtp::RecipientResult> recipients;  ///< in the order of the envelope
  /// The session ended before the server had accepted MAIL: the message may go to another session without a trace.
  bool untouched = false;
  /// The content could not be read to its end: none of the results is the server's fault.
  std::optional<Error> content_fault;
};

/// One SMTP session with a route's server: a socket, smtp::Client, and deadlines. Carries one message at a time; many
/// one after the other. Not thread-safe.
class Session {
 public:
  using Opened = std::expected<std::unique_ptr<Session>, OpenFailure>;

  /// Connects, negotiates TLS, verifies, logs in.
  static asio::awaitable<Opened> open(RoutePtr route, config::DeliveryTimeouts timeouts);

  /// Sends one message to the envelope's recipients. `envelope` and `content` must outlive the call. Only while
  /// usable().
  asio::awaitable<Transaction> send(const smtp::Envelope& envelope, Content& content);

  /// Says QUIT, waits shortly for the answer, closes.
  asio::awaitable<void> quit();
  /// Closes at once; a send() under way ends with its recipients deferred (or uncertain).
  void close() { stream_.close(); }

  /// Whether send() may be called: the last message left the session ready for another.
  bool usable() const { return ready_; }
  /// For a session that was idle: still usable, and the server has neither spoken nor gone.
  bool still_good() { return ready_ && stream_.is_quiet(); }
  /// Messages tried so far.
  unsigned messages() const { return messages_; }
  /// Whether the final dot is out and its reply awaited: closing now may deliver twice.
  bool is_past_point_of_no_return() const { return client_.stage() == smtp::Stage::kFinal; }
  const smtp::Capabilities& capabilities() const { return client_.capabilities(); }
  /// Recipients for one transaction: what the server said, or showed by refusing more; 0: no limit known.
  std::size_t max_recipients() const { return max_recipients_; }
  void set_max_recipients(std::size_t count) { max_recipients_ = count; }
  const RoutePtr& route() const { return route_; }
  const std::string& remote() const { return remote_; }
  const std::optional<TlsFacts>& tls() const { return stream_.tls(); }
  bool logged_in() const { return logged_in_; }

 private:
  Session(RoutePtr route, config::DeliveryTimeouts timeouts, Stream stream, std::string remote);

  /// Drives the machine until it wants something other than bytes.
  asio::awaitable<smtp::ClientAction> step();
  asio::awaitable<Result<void>> flush();
  asio::awaitable<Result<void>> fill(MonoTime deadline);
  asio::awaitable<std::optional<OpenFailure>> handshake();
  /// Content and final dot.
  asio::awaitable<std::optional<Error>> stream_content(Content& content);
  config::Duration patience() const;
  void lost(const Error& error);

  RoutePtr route_;
  config::DeliveryTimeouts timeouts_;
  Stream stream_;
  std::string remote_;
  smtp::Client client_;
  std::string in_;
  std::string_view input_;  // what of in_ the machine has not consumed
  std::size_t max_recipients_ = 0;
  unsigned messages_ = 0;
  bool ready_ = false;
  bool logged_in_ = false;
};

}  // namespace postern::delivery
