#include "smtp/command.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "smtp/parameters.h"
#include "smtp/replies.h"
#include "smtp/utf8.h"

namespace postern::smtp {

namespace {

constexpr std::array kVerbNames{
    std::pair{std::string_view("EHLO"), Verb::kEhlo}, std::pair{std::string_view("HELO"), Verb::kHelo},
    std::pair{std::string_view("MAIL"), Verb::kMail}, std::pair{std::string_view("RCPT"), Verb::kRcpt},
    std::pair{std::string_view("DATA"), Verb::kData}, std::pair{std::string_view("BDAT"), Verb::kBdat},
    std::pair{std::string_view("AUTH"), Verb::kAuth}, std::pair{std::string_view("STARTTLS"), Verb::kStartTls},
    std::pair{std::string_view("RSET"), Verb::kRset}, std::pair{std::string_view("NOOP"), Verb::kNoop},
    std::pair{std::string_view("VRFY"), Verb::kVrfy}, std::pair{std::string_view("HELP"), Verb::kHelp},
    std::pair{std::string_view("QUIT"), Verb::kQuit}, std::pair{std::string_view("EXPN"), Verb::kExpn},
    std::pair{std::string_view("ETRN"), Verb::kEtrn}, std::pair{std::string_view("TURN"), Verb::kTurn},
    std::pair{std::string_view("SEND"), Verb::kTurn}, std::pair{std::string_view("SOML"), Verb::kTurn},
    std::pair{std::string_view("SAML"), Verb::kTurn},
};

std::string_view skip_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

std::unexpected<Refusal> refuse(Fault fault, const ReplyView& reply) { return std::unexpected(Refusal{fault, reply}); }

/// A path and what follows it.
struct PathArgument {
  std::string_view path;        ///< between the angle brackets
  std::string_view parameters;  ///< empty, or begins with a blank
};

/// Reads "FROM:<path> ..." or "TO:<path> ...". Blanks behind the colon are a known quirk of devices and harmless.
Parsed<PathArgument> parse_path(std::string_view argument, std::string_view keyword, const ReplyView& syntax) {
  if (!starts_with_ignoring_case(argument, keyword)) return refuse(Fault::kSyntax, syntax);
  const std::string_view rest = skip_blanks(argument.substr(keyword.size()));
  if (!rest.starts_with('<')) return refuse(Fault::kSyntax, syntax);
  bool quoted = false;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (rest[i] == '>' && !quoted) {
      const std::string_view behind = rest.substr(i + 1);
      if (!behind.empty() && behind.front() != ' ') return refuse(Fault::kSyntax, syntax);
      return PathArgument{rest.substr(1, i - 1), behind};
    }
  }
  return refuse(Fault::kSyntax, syntax);
}

/// The replies to a bad address differ between MAIL and RCPT in their enhanced codes.
Parsed<Mailbox> parse_mailbox(std::string_view path, Charset charset, const ReplyView& bad,
                              const ReplyView& needs_utf8) {
  if (path.starts_with('@')) return refuse(Fault::kAddress, replies::kSourceRoute);
  auto mailbox = Mailbox::parse(path, charset);
  if (mailbox) return std::move(*mailbox);
  if (mailbox.error().code == ErrorCode::kPermission) return refuse(Fault::kNonAsciiAddress, needs_utf8);
  return refuse(Fault::kAddress, bad);
}

}  // namespace

Command parse_command(std::string_view line) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  const std::string_view word = line.substr(0, line.find(' '));
  const std::string_view argument = skip_blanks(line.substr(word.size()));
  for (const auto& [name, verb] : kVerbNames) {
    if (equal_ignoring_case(word, name)) return {verb, argument};
  }
  return {Verb::kUnknown, line};
}

Parsed<Sender> parse_mail(std::string_view argument, bool extended, std::uint64_t max_size) {
  const auto path = parse_path(argument, "FROM:", replies::kMailSyntax);
  if (!path) return std::unexpected(path.error());
  Sender sender;
  if (const auto refusal = parse_mail_parameters(path->parameters, extended, sender)) return std::unexpected(*refusal);
  if (!path->path.empty()) {
    const Charset charset = sender.smtputf8 ? Charset::kUtf8 : Charset::kAscii;
    auto mailbox = parse_mailbox(path->path, charset, replies::kBadSender, replies::kSenderNeedsUtf8);
    if (!mailbox) return std::unexpected(mailbox.error());
    sender.path = std::move(*mailbox);
  }
  if (sender.size && *sender.size > max_size) return refuse(Fault::kSizeLimit, replies::kTooLarge);
  return sender;
}

Parsed<Recipient> parse_rcpt(std::string_view argument, bool extended, Charset charset, std::string_view hostname) {
  const auto path = parse_path(argument, "TO:", replies::kRcptSyntax);
  if (!path) return std::unexpected(path.error());
  std::string postmaster;
  std::string_view address = path->path;
  if (equal_ignoring_case(address, "Postmaster")) {
    postmaster = "postmaster@" + std::string(hostname);
    address = postmaster;
  }
  auto mailbox = parse_mailbox(address, charset, replies::kBadRecipient, replies::kRecipientNeedsUtf8);
  if (!mailbox) return std::unexpected(mailbox.error());
  Recipient recipient{.mailbox = std::move(*mailbox), .notify = {}, .original = {}};
  if (const auto refusal = parse_rcpt_parameters(path->parameters, extended, charset, recipient)) {
    return std::unexpected(*refusal);
  }
  return recipient;
}

Parsed<Chunk> parse_bdat(std::string_view argument) {
  const std::string_view number = argument.substr(0, argument.find(' '));
  const std::string_view rest = skip_blanks(argument.substr(number.size()));
  const auto size = parse_decimal<std::uint64_t>(number);
  const bool last = equal_ignoring_case(rest, "LAST");
  if (!size || (!last && !rest.empty())) return refuse(Fault::kChunkSize, replies::kChunkSize);
  return Chunk{*size, last};
}

}  // namespace postern::smtp
