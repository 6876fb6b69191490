#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "smtp/capabilities.h"
#include "smtp/dot_writer.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"
#include "smtp/reply_reader.h"

namespace postern::smtp {

/// The login for a smart host.
struct Credentials {
  std::string user;
  Secret password;
};

enum class TlsUse : std::uint8_t {
  kNever,          ///< never ask for STARTTLS (tests, loopback)
  kOpportunistic,  ///< STARTTLS if offered
  kRequired,       ///< fail unless STARTTLS succeeds
  kImplicit,       ///< the connection is TLS from its start (port 465)
};

struct ClientConfig {
  std::string hello_name;  ///< our fully qualified name
  TlsUse tls = TlsUse::kRequired;
  std::optional<Credentials> credentials;
  /// Send the login although the server's certificate was not verified. For tests on loopback only.
  bool auth_unverified = false;
  std::size_t max_reply_line = 2048;  ///< octets with CRLF
  std::size_t max_reply_lines = 100;
};

/// How far a session or a message came.
enum class Stage : std::uint8_t {
  kGreeting,
  kHello,
  kStartTls,
  kAuth,
  kMail,
  kRcpt,
  kData,     ///< DATA sent, 354 awaited
  kContent,  ///< content going out, final dot not yet handed to the driver
  kFinal,    ///< final dot handed out, its reply awaited
  kReset,
  kQuit,
  kReady,  ///< between messages
};
std::string_view to_string(Stage stage);

/// What became of one recipient.
enum class Outcome : std::uint8_t {
  kAccepted,   ///< the server took responsibility (final 2xx)
  kDeferred,   ///< 4xx, or the session failed before the final dot: try again
  kFailed,     ///< 5xx: for good
  kUncertain,  ///< the connection was lost after the final dot: trying again may deliver twice, not trying may lose
};
std::string_view to_string(Outcome outcome);

/// `reply` is the server's own words where it spoke, else one made here that says what happened.
struct RecipientResult {
  Outcome outcome = Outcome::kDeferred;
  Stage stage = Stage::kReady;  ///< where it was decided
  Reply reply;
};

// Actions -----------------------------------------------------------------------------------------------------------

/// Write output(), read more.
struct ClientNeedInput {};
/// Write output(), do the handshake, call tls_established().
struct ClientStartTls {};
/// The session can take a message: call send() or quit().
struct ClientReady {};
/// 354 came: call content() for each piece, writing output() when it grows, then content_end(). next() may be called
/// in between when the server speaks early; it gives this again as long as the server is silent.
struct ClientSendContent {};
/// A message is settled: results() has one entry for each recipient, in the order of the envelope. If the session
/// lives, next() gives ClientReady afterwards, else ClientClosed.
struct ClientResult {};
/// The session is over; close the connection. results() was given before, if a message was under way.
struct ClientClosed {
  Stage stage;  ///< where it ended
  bool clean;   ///< QUIT was answered, or was about to be
  Reply reply;  ///< why: the server's words, or ours
};

using ClientAction =
    std::variant<ClientNeedInput, ClientStartTls, ClientReady, ClientSendContent, ClientResult, ClientClosed>;

/// One SMTP client session, without any I/O. Drive it like Server:
///
///     Client client(std::move(config));
///     for (;;) {
///       ClientAction action = client.next(input);
///       ... ClientNeedInput: write and clear client.output(), move the rest to the buffer's front, read behind it
///       ... ClientReady: client.send(envelope, size) or client.quit()
///     }
///
/// Sequence: greeting, EHLO (HELO if that is refused and nothing in the configuration needs an extension), STARTTLS,
/// EHLO, AUTH, then any number of messages, with RSET behind those that ended early, QUIT. MAIL, RCPT and DATA go
/// out as one group where PIPELINING is offered (RFC 2920), else one by one.
///
/// Time-outs are the driver's; stage() says which of RFC 5321 section 4.5.3.2 applies. When one passes, or the
/// connection breaks: first hand in what could still be read, then connection_lost().
///
/// Only CRLF ends a reply line; anything else, overlong replies, unasked replies (but 421) and bytes behind the
/// 220 of STARTTLS end the session.
///
/// Parameters (SIZE, BODY, SMTPUTF8, DSN) are sent only where offered. A message that needs SMTPUTF8 at a server
/// without it fails with 5.6.7 and one above the server's stated size with 5.3.4, before anything is sent.
/// Recipients beyond the server's RCPTMAX are deferred unsent with 4.5.3: send them as another transaction.
/// 8-bit content is declared if Sender::body says so, and sent as it is to a server that does not offer 8BITMIME.
///
/// Until the first ClientReady output() may hold the password: wipe what was written (base/secret.h wipe).
/// Not thread-safe; one session, one thread.
class Client {
 public:
  explicit Client(ClientConfig config);

  ClientAction next(std::string_view& input);

  /// After ClientStartTls or, with TlsUse::kImplicit, before the first next(). `verified`: the certificate was
  /// checked and fits; the login is never sent otherwise.
  void tls_established(bool verified);

  /// Starts a message; the envelope must outlive the result. Only after ClientReady. `size`: octets of content.
  void send(const Envelope& envelope, std::uint64_t size);
  /// A piece of content, split anywhere. Line ends are made anew: a CR or LF alone comes out as CRLF; dots are
  /// stuffed. Appends to output().
  void content(std::string_view bytes) { dots_.append(output_, bytes); }
  /// Appends the final dot. From now on a lost connection is Outcome::kUncertain.
  void content_end();
  /// Says QUIT. Only after ClientReady.
  void quit();
  /// The server's end of stream, or a failure of ours (time-out, TLS): `reason` becomes the text of the 4.4.2 reply
  /// of what was under way. next() then gives ClientResult, if a message was under way, and ClientClosed.
  void connection_lost(std::string_view reason);

  std::string& output() { return output_; }
  const std::vector<RecipientResult>& results() const { return results_; }
  /// The reply to the content as a whole (the final dot), if it came to that: has the next hop's queue id.
  const std::optional<Reply>& final_reply() const { return final_reply_; }
  const Capabilities& capabilities() const { return capabilities_; }
  const std::string& greeting() const { return greeting_; }
  Stage stage() const { return stage_; }
  bool tls() const { return tls_; }

 private:
  /// A reply that is due for something sent as part of a message.
  struct Due {
    Stage stage;
    std::size_t recipient;
  };

  // client.cpp: the session
  std::optional<ClientAction> pending_action();
  std::optional<ClientAction> read_reply(std::string_view& input);
  void command(Stage stage, std::string_view line);
  void on_reply(const RemoteReply& reply, bool more_behind);
  void on_greeting(const RemoteReply& reply);
  void say_hello();
  void on_hello(const RemoteReply& reply);
  void after_hello();
  void on_start_tls(const RemoteReply& reply, bool more_behind);
  void log_in();
  void on_auth(const RemoteReply& reply);
  void close(bool clean, Reply reply);
  void protocol_error(std::string_view what);

  // client_message.cpp: one message
  std::optional<Reply> refuse_unsent(std::uint64_t size);
  std::string mail_line(const Sender& sender, bool utf8, std::uint64_t size) const;
  std::string rcpt_line(const Recipient& recipient, bool utf8) const;
  void send_due(std::size_t count);
  void on_message_reply(const RemoteReply& reply);
  void on_mail(const RemoteReply& reply);
  void on_rcpt(const RemoteReply& reply, std::size_t recipient);
  void on_data(const RemoteReply& reply);
  void on_final(const RemoteReply& reply);
  void on_early_reply(const RemoteReply& reply);
  void settle(std::size_t recipient, Outcome outcome, Stage stage, const Reply& reply);
  void settle_rest(Outcome outcome, Stage stage, const Reply& reply);
  void end_message(bool reset);
  bool anyone_left() const;

  ClientConfig config_;
  Capabilities capabilities_;
  ReplyReader reader_;
  DotWriter dots_;
  Stage stage_ = Stage::kGreeting;
  bool tls_ = false;
  bool verified_ = false;
  bool tried_helo_ = false;
  bool handshake_ = false;
  unsigned auth_step_ = 0;
  std::string greeting_;
  std::string output_;

  // The message under way.
  const Envelope* envelope_ = nullptr;
  std::vector<std::string> lines_;  ///< commands not sent yet, in the order of due_
  std::vector<Due> due_;
  std::size_t sent_ = 0;      ///< how many of due_ were sent ...
  std::size_t answered_ = 0;  ///< ... and answered
  std::vector<RecipientResult> results_;
  std::vector<bool> settled_;
  std::optional<Reply> final_reply_;
  bool discard_final_ = false;  ///< an empty message ends a DATA that nobody was left for

  // What next() hands out before it looks at the input.
  bool result_ = false;
  std::optional<ClientClosed> closed_;
};

}  // namespace postern::smtp
