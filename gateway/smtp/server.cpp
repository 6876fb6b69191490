#include "smtp/server.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "smtp/command.h"
#include "smtp/replies.h"
#include "smtp/sasl.h"

namespace postern::smtp {

namespace {

/// Octets of an overlong line that are skipped before the session ends.
constexpr std::size_t kMaxSkippedOfLine = 64 << 10;

std::string_view view(std::span<char> bytes) { return {bytes.data(), bytes.size()}; }

/// RFC 2920 section 3.1 (and RFC 3207, RFC 4954): what changes the session so that the client must wait. NOOP, VRFY
/// and QUIT are on that list too, but nothing can go wrong behind them.
bool ends_group(Verb verb) {
  return verb == Verb::kEhlo || verb == Verb::kHelo || verb == Verb::kStartTls || verb == Verb::kAuth ||
         verb == Verb::kData;
}

}  // namespace

Server::Server(const ServerConfig& config, bool tls, const Transitions& transitions)
    : config_(config),
      transitions_(transitions),
      state_(tls ? State::kTlsStart : State::kStart),
      next_state_(state_),
      tls_(tls),
      skip_budget_(config.limits.max_message_size) {
  output_ += "220 ";
  output_ += config_.hostname;
  output_ += ' ';
  output_ += config_.greeting;
  output_ += "\r\n";
}

Action Server::next(std::span<char>& input) {
  assert(due_ == Due::kNothing && mode_ != Mode::kClosed);
  for (;;) {
    Step action = pending_action();
    if (!action) action = step(input);
    if (action) return std::move(*action);
  }
}

Server::Step Server::pending_action() {
  if (abort_ != Fault::kNone) return AbortMessage{std::exchange(abort_, Fault::kNone)};
  if (refused_) {
    const Refused refused = *refused_;
    refused_.reset();
    return refused;
  }
  if (closing_ == Fault::kNone) return std::nullopt;
  mode_ = Mode::kClosed;
  return Close{closing_};
}

Server::Step Server::step(std::span<char>& input) {
  switch (mode_) {
    case Mode::kCommand:
    case Mode::kAuthPlain:
    case Mode::kAuthLoginUser:
    case Mode::kAuthLoginPassword: return read_line(input);
    case Mode::kSkipLine: return skip_line(input);
    case Mode::kData: return read_data(input);
    case Mode::kChunk: return read_chunk(input);
    case Mode::kSkipChunk: return skip_chunk(input);
    case Mode::kHandshake: return StartTls{};
    case Mode::kClosed: break;
  }
  return Close{closing_};
}

Server::Step Server::read_line(std::span<char>& input) {
  const bool auth = mode_ != Mode::kCommand || starts_with_ignoring_case(view(input), "AUTH ");
  const std::size_t limit = auth ? config_.limits.max_auth_line : config_.limits.max_command_line;
  // The CR must stand at limit - 2 at the latest. Only so far is the line looked at, so that the outcome does not
  // depend on how much of it has arrived.
  const std::span<char> window = input.first(std::min(input.size(), limit - 1));
  const std::size_t at = find_special(view(window));
  if (at == window.size()) {
    if (input.size() >= limit - 1) return line_too_long();
    return NeedInput{};
  }
  if (input[at] == '\0') return fatal(Fault::kNul, replies::kNul);
  if (input[at] == '\n') return fatal(Fault::kBareLineEnd, replies::kBareLineEnd);
  if (at + 1 == input.size()) return NeedInput{};
  if (input[at + 1] != '\n') return fatal(Fault::kBareLineEnd, replies::kBareLineEnd);
  const std::span<char> line = input.first(at);
  input = input.subspan(at + 2);
  return take_line(line, !input.empty());
}

Server::Step Server::line_too_long() {
  const bool auth = std::exchange(mode_, Mode::kSkipLine) != Mode::kCommand;
  verb_ = auth ? Verb::kAuth : Verb::kUnknown;
  skipped_of_line_ = 0;
  login_user_.wipe();
  return refuse(Fault::kCommandLineLimit, auth ? replies::kAuthLine : replies::kCommandLine);
}

Server::Step Server::skip_line(std::span<char>& input) {
  const std::size_t at = find_special(view(input));
  skipped_of_line_ += at;
  const std::span<char> rest = input.subspan(at);
  wipe(input.first(at));
  input = rest;
  if (skipped_of_line_ > kMaxSkippedOfLine) {
    close_with(Fault::kCommandLineLimit, replies::kTooManyErrors);
    return std::nullopt;
  }
  if (rest.empty() || (rest.size() == 1 && rest[0] == '\r')) return NeedInput{};
  if (rest[0] == '\0') return fatal(Fault::kNul, replies::kNul);
  if (rest[0] == '\n' || rest[1] != '\n') return fatal(Fault::kBareLineEnd, replies::kBareLineEnd);
  input = rest.subspan(2);
  mode_ = Mode::kCommand;
  return std::nullopt;
}

Server::Step Server::take_line(std::span<char> line, bool more_behind) {
  if (mode_ != Mode::kCommand) {
    Step action = more_behind ? fatal(Fault::kPipelining, replies::kPipelining) : on_auth_line(view(line));
    wipe(line);
    return action;
  }
  const Command command = parse_command(view(line));
  Step action = dispatch(command, more_behind);
  if (command.verb == Verb::kAuth) wipe(line);
  return action;
}

bool Server::breaks_group(Verb verb, bool more_behind) const {
  // Before EHLO, and after HELO, the client can't know that it may pipeline at all. BDAT's octets are its own.
  const bool lone = !extended_ && verb != Verb::kQuit && verb != Verb::kBdat;
  return more_behind && (lone || ends_group(verb));
}

Server::Step Server::dispatch(const Command& command, bool more_behind) {
  verb_ = command.verb;
  if (breaks_group(command.verb, more_behind)) {
    if (command.verb == Verb::kStartTls) return fatal(Fault::kStartTlsInjection, replies::kStartTlsInjection);
    return fatal(Fault::kPipelining, replies::kPipelining);
  }
  return handle(transitions_.at(state_, command.verb), command);
}

Server::Step Server::refuse(Fault fault, const ReplyView& reply, std::string_view argument) {
  say(reply);
  // Behind AbortMessage the driver may have moved its buffer; and what follows AUTH is nobody's business.
  const bool shown = abort_ == Fault::kNone && verb_ != Verb::kAuth;
  const Refused refused{verb_, state_, fault, shown ? argument : std::string_view(), reply};
  count_refusal(fault);
  if (abort_ == Fault::kNone) return refused;
  refused_ = refused;
  return std::nullopt;
}

Server::Step Server::fatal(Fault fault, const ReplyView& reply) {
  refused_ = Refused{verb_, state_, fault, {}, reply};
  close_with(fault, reply);
  return std::nullopt;
}

void Server::say(const ReplyView& reply) {
  last_reply_.code = reply.code;
  last_reply_.enhanced = reply.enhanced;
  last_reply_.text = reply.text;
  append_reply(output_, reply);
}

void Server::close_with(Fault fault, const ReplyView& reply) {
  say(reply);
  abort_message(fault);
  login_user_.wipe();
  if (closing_ == Fault::kNone) closing_ = fault;
}

void Server::count(std::size_t& counter, std::size_t limit, Fault fault, const ReplyView& reply) {
  if (++counter >= limit && closing_ == Fault::kNone) close_with(fault, reply);
}

void Server::count_refusal(Fault fault) {
  const ServerLimits& limits = config_.limits;
  const bool address = fault == Fault::kAddress || fault == Fault::kNonAsciiAddress;
  if (fault == Fault::kAuthIdentity || fault == Fault::kAuthUser) {
    count(failed_logins_, limits.max_auth_attempts, Fault::kAuthLimit, replies::kTooManyLogins);
  } else if (fault == Fault::kRecipientLimit || (verb_ == Verb::kRcpt && address)) {
    count(refused_recipients_, limits.max_refused_recipients, Fault::kRefusedRecipientLimit, replies::kTooManyRefused);
  } else {
    count(errors_, limits.max_errors, Fault::kErrorLimit, replies::kTooManyErrors);
  }
}

void Server::count_idle() {
  count(idle_commands_, config_.limits.max_idle_commands, Fault::kIdleLimit, replies::kTooIdle);
}

void Server::abort_message(Fault reason) {
  if (std::exchange(message_open_, false)) abort_ = reason;
}

void Server::end_transaction(State next) {
  envelope_.sender = {};
  envelope_.recipients.clear();
  state_ = next;
}

void Server::accept() {
  switch (due_) {
    case Due::kLogin: return accept(replies::kLoggedIn);
    case Due::kSender: return accept(replies::kSenderOk);
    case Due::kRecipient: return accept(replies::kRecipientOk);
    default: return accept(replies::kMessageOk);
  }
}

void Server::accept(const ReplyView& reply) {
  assert(due_ != Due::kNothing && reply.positive());
  switch (std::exchange(due_, Due::kNothing)) {
    case Due::kNothing: return;
    case Due::kData: output_ += "354 Go on, end with CRLF.CRLF\r\n"; return begin_content(Mode::kData);
    case Due::kFirstChunk: state_ = next_state_; return begin_content(Mode::kChunk);
    case Due::kLogin: idle_commands_ = 0; break;
    case Due::kSender: envelope_.sender = std::move(sender_); break;
    case Due::kRecipient:
      envelope_.recipients.push_back(std::move(*recipient_));
      recipient_.reset();
      break;
    case Due::kEnd:
      idle_commands_ = 0;
      ++messages_;
      end_transaction(next_state_);
      break;
  }
  state_ = next_state_;
  say(reply);
}

void Server::reject(const ReplyView& reply) {
  assert(due_ != Due::kNothing && !reply.positive());
  say(reply);
  if (reply.code == 421) closing_ = Fault::kDriver;
  const ServerLimits& limits = config_.limits;
  switch (std::exchange(due_, Due::kNothing)) {
    case Due::kNothing: return;
    case Due::kLogin:
      return count(failed_logins_, limits.max_auth_attempts, Fault::kAuthLimit, replies::kTooManyLogins);
    case Due::kSender: return count_idle();
    case Due::kRecipient:
      recipient_.reset();
      return count(refused_recipients_, limits.max_refused_recipients, Fault::kRefusedRecipientLimit,
                   replies::kTooManyRefused);
    case Due::kFirstChunk: mode_ = Mode::kSkipChunk; break;
    case Due::kData:
    case Due::kEnd: break;
  }
  end_transaction(State::kIdle);
  count_idle();
}

void Server::tls_established() {
  assert(mode_ == Mode::kHandshake && output_.empty());
  tls_ = true;
  extended_ = false;
  hello_name_.clear();
  mode_ = Mode::kCommand;
  end_transaction(next_state_);
}

void Server::end_session(const ReplyView& reply) {
  due_ = Due::kNothing;
  close_with(Fault::kDriver, reply);
}

void Server::end_of_stream() {
  due_ = Due::kNothing;
  abort_message(Fault::kEndOfStream);
  login_user_.wipe();
  if (closing_ == Fault::kNone) closing_ = Fault::kEndOfStream;
}

}  // namespace postern::smtp
