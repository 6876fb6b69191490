#include "smtp/client.h"

#include <cassert>
#include <utility>

#include "base/encoding.h"

namespace postern::smtp {

namespace {

/// Octets of an AUTH line up to which the response is sent along with it (RFC 4954 section 4).
constexpr std::size_t kMaxInitialResponse = 480;

Reply temporary(EnhancedCode enhanced, std::string_view text) { return {450, enhanced, std::string(text)}; }

/// The reply as given, or what stands for one that has no business where it came.
Reply as_final(const RemoteReply& reply) {
  if (reply.code >= 400) return reply.final();
  return temporary({4, 5, 0}, "unexpected reply " + std::to_string(reply.code) + " " + reply.text);
}

/// base64 of a secret, appended without a copy that stays behind.
void append_encoded(std::string& out, std::string_view bytes) {
  std::string encoded = base64_encode(bytes);
  out += encoded;
  wipe(encoded);
}

std::string plain_message(const Credentials& credentials) {
  std::string message;
  message.reserve(credentials.user.size() + credentials.password.reveal().size() + 2);
  message += '\0';
  message += credentials.user;
  message += '\0';
  message += credentials.password.reveal();
  return message;
}

}  // namespace

Client::Client(ClientConfig config)
    : config_(std::move(config)), reader_(config_.max_reply_line, config_.max_reply_lines) {
  tls_ = config_.tls == TlsUse::kImplicit;
}

ClientAction Client::next(std::string_view& input) {
  for (;;) {
    if (auto action = pending_action()) return *action;
    if (auto action = read_reply(input)) return *action;
  }
}

std::optional<ClientAction> Client::pending_action() {
  if (std::exchange(result_, false)) return ClientResult{};
  if (closed_) return *closed_;
  if (handshake_) return ClientStartTls{};
  return std::nullopt;
}

std::optional<ClientAction> Client::read_reply(std::string_view& input) {
  const auto reply = reader_.take(input);
  if (!reply) {
    protocol_error(reply.error());
  } else if (*reply) {
    on_reply(**reply, !input.empty());
  } else if (input.empty() && stage_ == Stage::kReady) {
    return ClientReady{};
  } else if (input.empty() && stage_ == Stage::kContent) {
    return ClientSendContent{};
  } else {
    return ClientNeedInput{};
  }
  return std::nullopt;
}

void Client::command(Stage stage, std::string_view line) {
  stage_ = stage;
  output_ += line;
  output_ += "\r\n";
}

void Client::on_reply(const RemoteReply& reply, bool more_behind) {
  // RFC 5321 section 3.8: a server may say 421 at any time, and is gone afterwards.
  if (reply.code == 421) return close(stage_ == Stage::kQuit, reply.final());
  switch (stage_) {
    case Stage::kGreeting: return on_greeting(reply);
    case Stage::kHello: return on_hello(reply);
    case Stage::kStartTls: return on_start_tls(reply, more_behind);
    case Stage::kAuth: return on_auth(reply);
    case Stage::kMail:
    case Stage::kRcpt:
    case Stage::kData: return on_message_reply(reply);
    case Stage::kContent: return on_early_reply(reply);
    case Stage::kFinal: return on_final(reply);
    case Stage::kReset:
      if (reply.code / 100 != 2) return close(false, as_final(reply));
      stage_ = Stage::kReady;
      return;
    case Stage::kQuit: return close(true, reply.code / 100 == 3 ? as_final(reply) : reply.final());
    case Stage::kReady: return protocol_error("reply to nothing");
  }
}

void Client::on_greeting(const RemoteReply& reply) {
  if (reply.code != 220) return close(false, as_final(reply));
  greeting_ = reply.text;
  say_hello();
}

void Client::say_hello() {
  capabilities_ = {};
  command(Stage::kHello, (tried_helo_ ? "HELO " : "EHLO ") + config_.hello_name);
}

void Client::on_hello(const RemoteReply& reply) {
  if (reply.code == 250) {
    if (!tried_helo_) capabilities_ = Capabilities::parse(reply.text);
    return after_hello();
  }
  const bool extension_needed = config_.tls == TlsUse::kRequired || config_.credentials.has_value();
  if (reply.code / 100 != 5 || tried_helo_ || extension_needed) return close(false, as_final(reply));
  tried_helo_ = true;
  say_hello();
}

void Client::after_hello() {
  if (!tls_ && config_.tls != TlsUse::kNever) {
    if (capabilities_.starttls) return command(Stage::kStartTls, "STARTTLS");
    stage_ = Stage::kStartTls;
    if (config_.tls == TlsUse::kRequired) return close(false, temporary({4, 7, 4}, "STARTTLS is not offered"));
  }
  log_in();
}

void Client::on_start_tls(const RemoteReply& reply, bool more_behind) {
  if (reply.code == 220) {
    // What came in the clear behind the 220 would be taken for a reply given under TLS.
    if (more_behind) return protocol_error("bytes behind the reply to STARTTLS");
    handshake_ = true;
    return;
  }
  if (config_.tls == TlsUse::kRequired) return close(false, as_final(reply));
  log_in();
}

void Client::tls_established(bool verified) {
  tls_ = true;
  verified_ = verified;
  if (!std::exchange(handshake_, false)) return;
  say_hello();
}

void Client::log_in() {
  stage_ = Stage::kReady;
  if (!config_.credentials) return;
  stage_ = Stage::kAuth;
  const bool safe = (tls_ && verified_) || config_.auth_unverified;
  if (!safe) return close(false, temporary({4, 7, 5}, "the login is not sent without verified TLS"));
  auth_step_ = 0;
  if (capabilities_.auth_plain) {
    std::string message = plain_message(*config_.credentials);
    output_ += "AUTH PLAIN";
    if (message.size() / 3 * 4 <= kMaxInitialResponse) {
      output_ += ' ';
      append_encoded(output_, message);
      auth_step_ = 1;
    }
    wipe(message);
  } else if (capabilities_.auth_login) {
    output_ += "AUTH LOGIN";
  } else {
    return close(false, temporary({4, 7, 0}, "neither AUTH PLAIN nor AUTH LOGIN is offered"));
  }
  output_ += "\r\n";
}

void Client::on_auth(const RemoteReply& reply) {
  if (reply.code == 235) {
    stage_ = Stage::kReady;
    return;
  }
  const unsigned steps = capabilities_.auth_plain ? 1 : 2;
  if (reply.code != 334 || auth_step_ >= steps) return close(false, as_final(reply));
  if (capabilities_.auth_plain) {
    std::string message = plain_message(*config_.credentials);
    append_encoded(output_, message);
    wipe(message);
  } else {
    append_encoded(output_, auth_step_ == 0 ? std::string_view(config_.credentials->user)
                                            : config_.credentials->password.reveal());
  }
  output_ += "\r\n";
  ++auth_step_;
}

void Client::quit() {
  assert(stage_ == Stage::kReady);
  command(Stage::kQuit, "QUIT");
}

void Client::connection_lost(std::string_view reason) { close(stage_ == Stage::kQuit, temporary({4, 4, 2}, reason)); }

void Client::protocol_error(std::string_view what) { close(stage_ == Stage::kQuit, temporary({4, 5, 0}, what)); }

void Client::close(bool clean, Reply reply) {
  if (closed_) return;
  if (envelope_ != nullptr) {
    // After the final dot 421 says that the message was not taken; silence or nonsense says nothing.
    const bool uncertain = stage_ == Stage::kFinal && reply.code != 421;
    const Outcome spoken = reply.permanent() ? Outcome::kFailed : Outcome::kDeferred;
    settle_rest(uncertain ? Outcome::kUncertain : spoken, stage_, reply);
    envelope_ = nullptr;
    result_ = true;
  }
  handshake_ = false;
  closed_ = ClientClosed{stage_, clean, std::move(reply)};
}

}  // namespace postern::smtp
