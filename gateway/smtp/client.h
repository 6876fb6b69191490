#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace postern::smtp {

/// What the server offered in its reply to EHLO.
struct Capabilities {
  bool extended = false;  ///< EHLO was understood; false after a fall back to HELO
  bool starttls = false;
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool enhanced_codes = false;
  bool chunking = false;
  bool auth_plain = false;
  bool auth_login = false;
  bool size = false;
  std::uint64_t max_size = 0;  ///< 0: no limit stated
  std::size_t max_recipients = 0;  ///< RFC 9422 RCPTMAX; 0: none stated
};

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
  kData,      ///< DATA sent, 354 awaited
  kContent,   ///< content going out, final dot not yet handed to the driver
  kFinal,     ///< final dot handed out, its reply awaited
  kReset,
  kQuit,
  kReady,     ///< between messages
};
std::string_view to_string(Stage stage);

/// What became of one recipient.
enum class Outcome : std::uint8_t {
  kAccepted,  ///< the server took responsibility (final 2xx)
  kDeferred,  ///< 4xx, or the session failed before the final dot: try again
  kFailed,    ///< 5xx: for good
  kUncertain, ///< the connection was lost after the final dot: trying again may deliver twice, not trying may lose
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
/// 354 came: call content() for each piece, writing output() when it grows, then content_end().
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

using ClientAction = std::variant<ClientNeedInput, ClientStartTls, ClientReady, ClientSendContent, ClientResult,
                                  ClientClosed>;

/// One SMTP client session, without any I/O. Drive it like Server: next() with what was read, write output().
///
/// Sequence: greeting, EHLO (HELO if that is refused and nothing in the configuration needs an extension), STARTTLS,
/// EHLO, AUTH, then any number of messages, RSET between them where one is due, QUIT. MAIL, RCPT and DATA go out
/// as one group where PIPELINING is offered.
///
/// Only CRLF ends a reply line; anything else, overlong replies, unasked replies (but 421) and bytes behind the
/// 220 of STARTTLS end the session.
///
/// Parameters (SIZE, BODY, SMTPUTF8, DSN) are sent only where offered; a message that needs SMTPUTF8 at a server
/// without it fails with 5.6.7 before anything is sent, one above the server's size with 5.3.4.
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
  void content(std::string_view bytes);
  /// Appends the final dot. From now on a lost connection is Outcome::kUncertain.
  void content_end();
  /// Says QUIT. Only after ClientReady.
  void quit();
  /// The server's end of stream, or a failure of ours (time-out, TLS): `reason` becomes the reply of what was under
  /// way, as 4xx 4.4.2. next() then gives ClientResult, if a message was under way, and ClientClosed.
  void connection_lost(std::string_view reason);

  std::string& output() { return output_; }
  const std::vector<RecipientResult>& results() const { return results_; }
  /// The reply to the content as a whole (the final dot), if it came to that: has the next hop's queue id.
  const std::optional<Reply>& final_reply() const { return final_reply_; }
  const Capabilities& capabilities() const { return capabilities_; }
  const Reply& greeting() const { return greeting_; }
  Stage stage() const { return stage_; }

 private:
  ClientConfig config_;
  Capabilities capabilities_;
  Stage stage_ = Stage::kGreeting;
  Reply greeting_;
  std::vector<RecipientResult> results_;
  std::optional<Reply> final_reply_;
  std::string output_;
};

}  // namespace postern::smtp
