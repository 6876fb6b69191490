#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::smtp {

/// Where a session stands between two commands. While a message's content arrives, an AUTH exchange goes on or a
/// decision is awaited, no command is read, and the state is that of the command in progress.
enum class State : std::uint8_t {
  kStart,     ///< in the clear, before EHLO
  kClear,     ///< in the clear, after EHLO or HELO: only STARTTLS leads on
  kTlsStart,  ///< TLS, before EHLO (the first state on port 465)
  kTlsBasic,  ///< TLS, after HELO: no extensions, so no AUTH
  kTls,       ///< TLS, after EHLO, nobody logged in
  kIdle,      ///< logged in, no transaction
  kMail,      ///< MAIL accepted, no recipient yet
  kRcpt,      ///< at least one recipient accepted
  kChunking,  ///< at least one BDAT accepted, LAST not seen
};
inline constexpr std::size_t kStates = 9;

enum class Verb : std::uint8_t {
  kEhlo,
  kHelo,
  kStartTls,
  kAuth,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kNoop,
  kVrfy,
  kHelp,
  kQuit,
  kExpn,
  kEtrn,
  kTurn,     ///< TURN, and SEND, SOML, SAML of RFC 821: known, never done
  kUnknown,  ///< everything else
};
inline constexpr std::size_t kVerbs = 17;

/// "EHLO"; "?" for kUnknown.
std::string_view to_string(Verb verb);
std::string_view to_string(State state);

/// What the machine does with a command in a state.
enum class Handling : std::uint8_t {
  kEhlo,
  kHelo,
  kStartTls,
  kAuth,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kNoop,
  kVrfy,
  kHelp,
  kQuit,
  kNeedHello,       ///< 503 5.5.1: EHLO first
  kNeedTls,         ///< 530 5.7.0: STARTTLS first (RFC 3207)
  kNeedTlsForAuth,  ///< 538 5.7.11: no AUTH in the clear (RFC 4954)
  kNeedAuth,        ///< 530 5.7.0: AUTH first (RFC 4954)
  kNeedMail,        ///< 503 5.5.1: MAIL first
  kNeedRcpt,        ///< 554 5.5.1: no valid recipients (RFC 5321 section 3.3)
  kBadSequence,     ///< 503 5.5.1: not now
  kNotImplemented,  ///< 502 5.5.1: known, not done here
  kUnknown,         ///< 500 5.5.1: no such command
};

/// One cell of the table: how the command is handled and, when that succeeds, the state it leads to. Refusals and
/// commands that fail leave the state as it is.
struct Cell {
  Handling handling;
  State next;

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// The whole protocol order as data: state × verb → cell. A seam: tests override it to count the cells that the
/// dialogues reach and to break each in turn.
class Transitions {
 public:
  virtual ~Transitions() = default;
  virtual Cell at(State state, Verb verb) const = 0;

  /// The table that the product uses.
  static const Transitions& standard();
};

}  // namespace postern::smtp
