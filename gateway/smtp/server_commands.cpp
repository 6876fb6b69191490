#include <algorithm>

#include "base/text.h"
#include "smtp/command.h"
#include "smtp/replies.h"
#include "smtp/server.h"

namespace postern::smtp {

namespace {

/// What a host name or address literal is made of, and "_", which Windows lets into names.
bool is_name_character(char c) { return is_alnum(c) || std::string_view("-._:[]").contains(c); }

}  // namespace

Server::Step Server::handle(const Cell& cell, const Command& command) {
  switch (cell.handling) {
    case Handling::kEhlo: return on_hello(cell, command, true);
    case Handling::kHelo: return on_hello(cell, command, false);
    case Handling::kStartTls: return on_start_tls(cell, command);
    case Handling::kAuth: return on_auth(cell, command);
    case Handling::kMail: return on_mail(cell, command);
    case Handling::kRcpt: return on_rcpt(cell, command);
    case Handling::kData: return on_data(cell, command);
    case Handling::kBdat: return on_bdat(cell, command);
    case Handling::kRset: return on_rset(cell, command);
    case Handling::kVrfy: return on_vrfy(cell, command);
    case Handling::kQuit: return on_quit(command);
    case Handling::kNoop:
    case Handling::kHelp:
      // RFC 5321 sections 4.1.1.8 and 4.1.1.9: both may carry an argument, which means nothing here.
      say(cell.handling == Handling::kNoop ? replies::kOk : replies::kHelp);
      state_ = cell.next;
      count_idle();
      return std::nullopt;
    default: return refuse_cell(cell.handling, command);
  }
}

Server::Step Server::refuse_cell(Handling handling, const Command& command) {
  const auto refused = [&]() -> Refusal {
    switch (handling) {
      case Handling::kNeedHello: return {Fault::kSequence, replies::kNeedHello};
      case Handling::kNeedTls: return {Fault::kNoTls, replies::kNeedTls};
      case Handling::kNeedTlsForAuth: return {Fault::kAuthWithoutTls, replies::kNeedTlsForAuth};
      case Handling::kNeedAuth: return {Fault::kNoAuth, replies::kNeedAuth};
      case Handling::kNeedMail: return {Fault::kSequence, replies::kNeedMail};
      case Handling::kNeedRcpt: return {Fault::kSequence, replies::kNeedRcpt};
      case Handling::kBadSequence: return {Fault::kSequence, replies::kBadSequence};
      case Handling::kNotImplemented: return {Fault::kNotImplemented, replies::kNotImplemented};
      default: return {Fault::kUnknownCommand, replies::kUnknownCommand};
    }
  }();
  // The octets of a refused BDAT come all the same (RFC 3030 section 2); without a size nobody knows how many.
  if (command.verb == Verb::kBdat) {
    const auto chunk = parse_bdat(command.argument);
    if (!chunk) return fatal(chunk.error().fault, chunk.error().reply);
    return refuse_chunk(refused.fault, refused.reply, chunk->size, command.argument);
  }
  return refuse(refused.fault, refused.reply, command.argument);
}

Server::Step Server::on_hello(const Cell& cell, const Command& command, bool extended) {
  const std::string_view name = command.argument;
  if (name.empty()) return refuse(Fault::kSyntax, replies::kArgumentNeeded);
  if (name.contains(' ') || name.size() > kMaxDomain) return refuse(Fault::kSyntax, replies::kSyntax, name);
  abort_message(Fault::kReset);
  end_transaction(cell.next);
  extended_ = extended;
  hello_name_ = name;
  std::ranges::replace_if(hello_name_, [](char c) { return !is_name_character(c); }, '?');
  // RFC 2034 section 4: no enhanced code in this reply.
  last_reply_ = Reply(replies::kOk);
  output_ += extended ? "250-" : "250 ";
  output_ += config_.hostname;
  output_ += "\r\n";
  if (extended) list_extensions();
  count_idle();
  return Hello{hello_name_, extended};
}

void Server::list_extensions() {
  output_ += tls_ ? "250-AUTH PLAIN LOGIN\r\n" : "250-STARTTLS\r\n";
  output_ += "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n";
  output_ += "250-LIMITS RCPTMAX=" + std::to_string(config_.limits.max_recipients) + "\r\n";
  output_ += "250 SIZE " + std::to_string(config_.limits.max_message_size) + "\r\n";
}

Server::Step Server::on_start_tls(const Cell& cell, const Command& command) {
  if (!command.argument.empty()) return refuse(Fault::kSyntax, replies::kNoArgumentAllowed, command.argument);
  say(replies::kReadyForTls);
  next_state_ = cell.next;
  mode_ = Mode::kHandshake;
  return StartTls{};
}

Server::Step Server::on_mail(const Cell& cell, const Command& command) {
  if (messages_ >= config_.limits.max_messages) {
    close_with(Fault::kMessageLimit, replies::kTooManyMessages);
    return std::nullopt;
  }
  auto sender = parse_mail(command.argument, extended_, config_.limits.max_message_size);
  if (!sender) return refuse(sender.error().fault, sender.error().reply, command.argument);
  sender_ = std::move(*sender);
  next_state_ = cell.next;
  due_ = Due::kSender;
  return MailFrom{&sender_};
}

Server::Step Server::on_rcpt(const Cell& cell, const Command& command) {
  if (envelope_.recipients.size() >= config_.limits.max_recipients) {
    return refuse(Fault::kRecipientLimit, replies::kTooManyRecipients, command.argument);
  }
  const Charset charset = envelope_.sender.smtputf8 ? Charset::kUtf8 : Charset::kAscii;
  auto recipient = parse_rcpt(command.argument, extended_, charset, config_.hostname);
  if (!recipient) return refuse(recipient.error().fault, recipient.error().reply, command.argument);
  recipient_ = std::move(*recipient);
  next_state_ = cell.next;
  due_ = Due::kRecipient;
  return RcptTo{&*recipient_};
}

Server::Step Server::on_data(const Cell& cell, const Command& command) {
  if (!command.argument.empty()) return refuse(Fault::kSyntax, replies::kNoArgumentAllowed, command.argument);
  next_state_ = cell.next;
  due_ = Due::kData;
  return BeginMessage{&envelope_, false};
}

Server::Step Server::on_bdat(const Cell& cell, const Command& command) {
  const auto chunk = parse_bdat(command.argument);
  if (!chunk) return fatal(chunk.error().fault, chunk.error().reply);
  const bool first = !message_open_;
  const std::uint64_t before = first ? 0 : size_;
  if (chunk->size > config_.limits.max_message_size - before) {
    abort_message(Fault::kSizeLimit);
    Step refused = refuse_chunk(Fault::kSizeLimit, replies::kTooLarge, chunk->size, {});
    end_transaction(State::kIdle);
    return refused;
  }
  chunk_left_ = chunk->size;
  chunk_last_ = chunk->last;
  next_state_ = cell.next;
  if (!first) {
    state_ = next_state_;
    mode_ = Mode::kChunk;
    return std::nullopt;
  }
  due_ = Due::kFirstChunk;
  return BeginMessage{&envelope_, true};
}

Server::Step Server::on_rset(const Cell& cell, const Command& command) {
  if (!command.argument.empty()) return refuse(Fault::kSyntax, replies::kNoArgumentAllowed, command.argument);
  abort_message(Fault::kReset);
  end_transaction(cell.next);
  say(replies::kOk);
  count_idle();
  return std::nullopt;
}

Server::Step Server::on_vrfy(const Cell& cell, const Command& command) {
  if (command.argument.empty()) return refuse(Fault::kSyntax, replies::kArgumentNeeded);
  state_ = cell.next;
  say(replies::kNotVerified);
  count_idle();
  return std::nullopt;
}

Server::Step Server::on_quit(const Command& command) {
  if (!command.argument.empty()) return refuse(Fault::kSyntax, replies::kNoArgumentAllowed, command.argument);
  close_with(Fault::kQuit, replies::kBye);
  return std::nullopt;
}

}  // namespace postern::smtp
