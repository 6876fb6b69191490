#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "smtp/envelope.h"
#include "smtp/reply.h"
#include "smtp/server.h"
#include "smtp/transitions.h"

/// The server's reading of command lines. All views point into the line given.
namespace postern::smtp {

/// Why a command was not taken, and what the client is told.
struct Refusal {
  Fault fault;
  ReplyView reply;
};
template <class T>
using Parsed = std::expected<T, Refusal>;

struct Command {
  Verb verb;
  std::string_view argument;  ///< behind the verb and the blanks that follow it
};

/// Splits a line (without CRLF). Blanks at its end are ignored (RFC 5321 section 4.1.1).
Command parse_command(std::string_view line);

/// The argument of MAIL. Without `extended` (HELO) no parameter is taken. A SIZE above `max_size` is refused here.
Parsed<Sender> parse_mail(std::string_view argument, bool extended, std::uint64_t max_size);

/// The argument of RCPT; `hostname` completes <Postmaster> (RFC 5321 section 4.1.1.3).
Parsed<Recipient> parse_rcpt(std::string_view argument, bool extended, Charset charset, std::string_view hostname);

struct Chunk {
  std::uint64_t size;
  bool last;
};
/// The argument of BDAT (RFC 3030 section 2).
Parsed<Chunk> parse_bdat(std::string_view argument);

}  // namespace postern::smtp
