#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"
#include "smtp/content.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"
#include "smtp/transitions.h"

namespace postern::smtp {

struct Command;
struct Login;

/// Bounds of one session. Sizes in octets.
struct ServerLimits {
  /// A command line with its CRLF. RFC 5321 asks for 512; the extensions offered here add up to 1.5 KiB.
  std::size_t max_command_line = 2048;
  /// A line of an AUTH exchange with its CRLF; RFC 4954 section 4.5 asks for 12288.
  std::size_t max_auth_line = 12288;
  /// A line of content without its CRLF (RFC 5322 section 2.1.1). A longer one refuses the message after its end.
  std::size_t max_text_line = 998;
  /// A message as transferred, after unstuffing (RFC 1870). 0 is not "unlimited": it accepts nothing.
  std::uint64_t max_message_size = 35U << 20U;
  /// Recipients of one message (452 beyond; RFC 9422 RCPTMAX).
  std::size_t max_recipients = 100;
  /// Recipients refused in one session, for whatever reason, before 421.
  std::size_t max_refused_recipients = 1000;
  /// Commands refused by the machine in one session before 421.
  std::size_t max_errors = 10;
  /// Failed logins in one session before 421.
  std::size_t max_auth_attempts = 3;
  /// Commands that move nothing forward (EHLO, NOOP, RSET, VRFY, HELP) in a row, before 421; an accepted message
  /// or login starts the count anew.
  std::size_t max_idle_commands = 100;
  /// Messages accepted in one session; MAIL beyond them is answered with 421.
  std::size_t max_messages = 1000;
};

/// What the server says about itself. Shared by all sessions; must outlive them.
struct ServerConfig {
  /// Fully qualified; in the greeting, in the reply to EHLO and as the domain of a bare <Postmaster>.
  std::string hostname;
  /// What follows the name in the 220 greeting.
  std::string greeting = "Postern ESMTP";
  ServerLimits limits;
};

/// Why the machine refused something or ended the session; what the ledger shows as "reason".
enum class Fault : std::uint8_t {
  kNone,
  kUnknownCommand,
  kNotImplemented,
  kSequence,         ///< command out of order
  kSyntax,           ///< command or argument malformed
  kParameter,        ///< MAIL or RCPT parameter unknown, doubled or malformed
  kAddress,          ///< address malformed
  kNonAsciiAddress,  ///< UTF-8 address without SMTPUTF8
  kNoTls,            ///< needs TLS
  kAuthWithoutTls,   ///< AUTH in the clear
  kNoAuth,           ///< needs a login
  kAuthSyntax,       ///< AUTH exchange malformed
  kAuthCancelled,    ///< "*"
  kAuthMechanism,    ///< mechanism not offered
  kAuthIdentity,     ///< authorization identity differs from the login name
  kAuthUser,         ///< login name empty, too long or not printable
  kRecipientLimit,
  kSizeLimit,  ///< SIZE declared or content received above the limit
  kTextLineLimit,
  kCommandLineLimit,
  kBareLineEnd,        ///< CR without LF or LF without CR: ends the session
  kNul,                ///< ends the session
  kPipelining,         ///< sent on behind a command that must be the last of its group: ends the session
  kStartTlsInjection,  ///< bytes behind STARTTLS in the clear: ends the session
  kChunkSize,          ///< BDAT without a usable size: ends the session, as the frame is lost
  kErrorLimit,         ///< too many refused commands: ends the session
  kAuthLimit,          ///< too many failed logins: ends the session
  kRefusedRecipientLimit,
  kIdleLimit,     ///< too many commands that move nothing forward
  kMessageLimit,  ///< too many messages in one session
  kReset,         ///< RSET, EHLO or HELO in the middle of a message
  kEndOfStream,   ///< the client went away
  kQuit,          ///< the client said QUIT
  kDriver,        ///< the driver ended the session
};
inline constexpr std::size_t kFaults = 34;
/// "bare-line-end" ...
std::string_view to_string(Fault fault);

enum class Mechanism : std::uint8_t { kPlain, kLogin };
/// "PLAIN", "LOGIN"
std::string_view to_string(Mechanism mechanism);

/// What every failed login is told, whatever the reason (the ledger knows it): drivers reject with this too, so that
/// a wrong password and a wrong device look the same.
inline constexpr ReplyView kLoginFailed{535, {5, 7, 8}, "Authentication credentials invalid"};

// Actions -----------------------------------------------------------------------------------------------------------
// What next() hands to the driver. Views and pointers stay valid until the next call of a member of Server or until
// the driver touches its input buffer, whichever comes first. Those marked (decide) must be answered.

/// The input is used up but for the start of an unfinished line: write output(), keep the rest, read more.
struct NeedInput {};
/// The client named itself. Safe ASCII: each byte that has no place in a host name is a '?'.
struct Hello {
  std::string_view name;
  bool extended;  ///< EHLO rather than HELO
};
/// Write output(), do the handshake, then call tls_established(). Input is empty; nothing may be read in the clear.
struct StartTls {};
/// (decide) Check a login: accept() or reject(535 5.7.8 ..., 454 4.7.0 ..., 421 ... closes).
struct Authenticate {
  Mechanism mechanism;
  std::string user;  ///< 1 to 255 octets of printable UTF-8, as the client spelled it
  Secret password;
};
/// (decide) May this person use this reverse-path now?
struct MailFrom {
  const Sender* sender;
};
/// (decide) May mail go to this recipient? Accepted ones are added to envelope().
struct RcptTo {
  const Recipient* recipient;
};
/// (decide) Content is about to come: for DATA accept() sends 354; for the first BDAT nothing is sent yet.
struct BeginMessage {
  const Envelope* envelope;
  bool chunking;
};
/// A piece of the content: dots unstuffed, each line ended by CRLF, no other CR or LF, no NUL. A CRLF is never split
/// between pieces. Points into the input.
struct MessageData {
  std::string_view bytes;
};
/// (decide) The content is complete: accept() with the final 250 only once the message is durable, else reject().
/// A last line without CRLF (possible with BDAT only) was completed. From here on the message is the driver's: no
/// AbortMessage follows, whatever happens to the session.
struct EndMessage {
  std::uint64_t size;  ///< octets handed out as MessageData
  bool more_behind;    ///< the client pipelined on behind the end: legal (RFC 2920), rare, worth a ledger field
};
/// The message begun will not be completed: forget it. The reply, if one is due, is the machine's.
struct AbortMessage {
  Fault reason;
};
/// The machine refused a command (or ends the session) on its own: for the ledger only.
struct Refused {
  Verb verb;
  State state;
  Fault fault;
  std::string_view argument;  ///< raw bytes of the client (print with base/text.h printable); empty for AUTH
  ReplyView reply;
};
/// The session is over: write output(), shut down the sending side, drain what still comes for a moment (so that
/// the reply isn't lost to a reset), close. next() must not be called again.
struct Close {
  Fault reason;
};

using Action = std::variant<NeedInput, Hello, StartTls, Authenticate, MailFrom, RcptTo, BeginMessage, MessageData,
                            EndMessage, AbortMessage, Refused, Close>;

/// One SMTP submission session (RFC 6409), without any I/O: bytes in, actions and bytes out.
///
/// The driver owns a contiguous input buffer and the connection. Its whole loop is
///
///     Server server(config, /*tls=*/true);
///     for (;;) {
///       Action action = server.next(input);       // input: what was read and not yet consumed
///       ... NeedInput: write and clear server.output(), move the rest to the buffer's front, read behind it
///       ... a (decide) action: find out, then server.accept() or server.reject()
///     }
///
/// Nothing is copied: content is handed out as views into the input. Replies to pipelined commands gather in
/// output() and go out as one write. output() must be written at NeedInput, StartTls and Close; before a decision
/// that takes long it may be, but the client of a pipelined group does not wait for it.
///
/// The input buffer needs room for max_auth_line octets at most: longer lines are refused and skipped piecemeal.
/// It is writable because the machine wipes passwords in it.
///
/// Memory: no heap but the envelope's strings, the output (kept for reuse) and, during AUTH, the credentials.
/// Not thread-safe; one session, one thread. No exceptions but bad_alloc.
class Server {
 public:
  /// Greets at once (output() holds 220). `tls`: the connection is TLS already (port 465).
  explicit Server(const ServerConfig& config, bool tls, const Transitions& transitions = Transitions::standard());

  /// Goes on from the front of `input`, which shrinks by what was consumed. Must not be called while a decision is
  /// due or after Close.
  Action next(std::span<char>& input);

  /// Answers a (decide) action with the usual positive reply ...
  void accept();
  /// ... or with one that says more (for EndMessage: "queued as ..."). Its code must fit the command's.
  void accept(const ReplyView& reply);
  /// Answers a (decide) action in the negative, 4xx or 5xx. Code 421 also ends the session.
  void reject(const ReplyView& reply);

  /// After StartTls: the handshake is done. Everything said in the clear is forgotten (RFC 3207 section 4.2).
  void tls_established();
  /// Ends the session from the driver's side (time-out, shutdown): the reply, normally a 421, is appended; next()
  /// then gives AbortMessage, if one is open, and Close. A decision that was due is void.
  void end_session(const ReplyView& reply);
  /// The client's end of stream (with or without a TLS close_notify): next() then gives AbortMessage, if a message
  /// is open, and Close, whatever input is left. A decision that was due is void.
  void end_of_stream();

  /// Replies not yet written, owned here; the driver writes and clears it.
  std::string& output() { return output_; }
  /// The last final reply given, for the ledger.
  const Reply& last_reply() const { return last_reply_; }
  /// The transaction as accepted so far; empty outside of one.
  const Envelope& envelope() const { return envelope_; }
  State state() const { return state_; }
  bool tls() const { return tls_; }

 private:
  /// What the bytes at the front of the input are.
  enum class Mode : std::uint8_t {
    kCommand,
    kSkipLine,           ///< the rest of a line that was too long
    kAuthPlain,          ///< PLAIN's message is awaited
    kAuthLoginUser,      ///< LOGIN's name is awaited
    kAuthLoginPassword,  ///< LOGIN's password is awaited
    kData,               ///< content up to the final dot
    kChunk,              ///< content of a BDAT
    kSkipChunk,          ///< content of a BDAT that was refused
    kHandshake,          ///< TLS
    kClosed,
  };
  /// What the driver owes an answer to.
  enum class Due : std::uint8_t { kNothing, kLogin, kSender, kRecipient, kData, kFirstChunk, kEnd };
  /// An action to hand out; none: go on with the input.
  using Step = std::optional<Action>;

  // server.cpp: lines, order, limits
  Step pending_action();
  Step step(std::span<char>& input);
  Step read_line(std::span<char>& input);
  Step skip_line(std::span<char>& input);
  Step line_too_long();
  Step take_line(std::span<char> line, bool more_behind);
  Step dispatch(const Command& command, bool more_behind);
  bool breaks_group(Verb verb, bool more_behind) const;
  Step refuse_cell(Handling handling, const Command& command);
  Step refuse(Fault fault, const ReplyView& reply, std::string_view argument = {});
  Step fatal(Fault fault, const ReplyView& reply);
  void say(const ReplyView& reply);
  void close_with(Fault fault, const ReplyView& reply);
  void count(std::size_t& counter, std::size_t limit, Fault fault, const ReplyView& reply);
  void count_refusal(Fault fault);
  void count_idle();
  void abort_message(Fault reason);
  void end_transaction(State next);

  // server_commands.cpp
  Step handle(const Cell& cell, const Command& command);
  Step on_hello(const Cell& cell, const Command& command, bool extended);
  Step on_start_tls(const Cell& cell, const Command& command);
  Step on_mail(const Cell& cell, const Command& command);
  Step on_rcpt(const Cell& cell, const Command& command);
  Step on_data(const Cell& cell, const Command& command);
  Step on_bdat(const Cell& cell, const Command& command);
  Step on_rset(const Cell& cell, const Command& command);
  Step on_vrfy(const Cell& cell, const Command& command);
  Step on_quit(const Command& command);
  void list_extensions();

  // server_auth.cpp
  Step on_auth(const Cell& cell, const Command& command);
  Step on_auth_line(std::string_view line);
  Step challenge(Mode mode, std::string_view prompt);
  Step take_plain(std::string_view response);
  Step take_login_user(std::string_view response);
  Step take_login_password(std::string_view response);
  Step authenticate(Mechanism mechanism, std::expected<Login, Fault> login);
  Step auth_fault(Fault fault);

  // server_content.cpp
  void begin_content(Mode mode);
  Step read_data(std::span<char>& input);
  Step at_dot(std::span<char>& input);
  Step read_chunk(std::span<char>& input);
  Step skip_chunk(std::span<char>& input);
  Step end_chunk(bool more_behind);
  Step take_content(std::string_view bytes);
  Step end_message(bool more_behind);
  Step refuse_message(Fault fault, const ReplyView& reply);
  Step refuse_chunk(Fault fault, const ReplyView& reply, std::uint64_t octets, std::string_view argument);
  bool spend_skip_budget(std::uint64_t octets);

  const ServerConfig& config_;
  const Transitions& transitions_;
  State state_;
  State next_state_;  ///< where the command in progress leads
  Mode mode_ = Mode::kCommand;
  Due due_ = Due::kNothing;
  Verb verb_ = Verb::kUnknown;  ///< the command in progress
  bool tls_;
  bool extended_ = false;  ///< EHLO, not HELO: parameters and pipelining are allowed

  Envelope envelope_;
  Sender sender_;                       ///< of the MAIL that awaits its decision
  std::optional<Recipient> recipient_;  ///< of the RCPT that awaits its decision
  std::string hello_name_;
  Secret login_user_;  ///< LOGIN's name; secret, since people type passwords there
  std::string output_;
  Reply last_reply_;

  // The message in transfer.
  bool message_open_ = false;  ///< BeginMessage was accepted, neither EndMessage nor AbortMessage given
  LineState line_;
  std::uint64_t size_ = 0;
  bool too_large_ = false;  ///< the content is skipped up to its end, then refused
  std::uint64_t chunk_left_ = 0;
  bool chunk_last_ = false;
  bool held_cr_ = false;  ///< a chunk ended between CR and LF

  // What next() hands out before it looks at the input.
  Fault abort_ = Fault::kNone;
  std::optional<Refused> refused_;
  Fault closing_ = Fault::kNone;

  std::size_t errors_ = 0;
  std::size_t failed_logins_ = 0;
  std::size_t idle_commands_ = 0;
  std::size_t refused_recipients_ = 0;
  std::size_t messages_ = 0;
  std::size_t skipped_of_line_ = 0;
  std::uint64_t skip_budget_;  ///< refused content that will still be read
};

}  // namespace postern::smtp
