#include <algorithm>
#include <cassert>
#include <utility>

#include "smtp/client.h"
#include "smtp/xtext.h"

namespace postern::smtp {

namespace {

bool needs_utf8(const Envelope& envelope) {
  const auto not_ascii = [](const Recipient& recipient) { return !recipient.mailbox.is_ascii(); };
  return envelope.sender.smtputf8 || (envelope.sender.path && !envelope.sender.path->is_ascii()) ||
         std::ranges::any_of(envelope.recipients, not_ascii);
}

Outcome outcome_of(const RemoteReply& reply) {
  switch (reply.code / 100) {
    case 2: return Outcome::kAccepted;
    case 5: return Outcome::kFailed;
    default: return Outcome::kDeferred;
  }
}

/// For the ledger: the server's words, or what stands for a 3xx that has no business here.
Reply words_of(const RemoteReply& reply) {
  if (reply.code / 100 != 3) return reply.final();
  return {450, {4, 5, 0}, "unexpected reply " + std::to_string(reply.code) + " " + reply.text};
}

}  // namespace

void Client::send(const Envelope& envelope, std::uint64_t size) {
  assert(stage_ == Stage::kReady && !envelope.recipients.empty());
  envelope_ = &envelope;
  lines_.clear();
  due_.clear();
  sent_ = answered_ = 0;
  discard_final_ = false;
  final_reply_.reset();
  results_.assign(envelope.recipients.size(), {});
  settled_.assign(envelope.recipients.size(), false);
  if (const auto refusal = refuse_unsent(size)) {
    settle_rest(Outcome::kFailed, Stage::kMail, *refusal);
    return end_message(false);
  }

  const bool utf8 = needs_utf8(envelope);
  lines_.push_back(mail_line(envelope.sender, utf8, size));
  due_.push_back({Stage::kMail, 0});
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    if (settled_[i]) continue;
    lines_.push_back(rcpt_line(envelope.recipients[i], utf8));
    due_.push_back({Stage::kRcpt, i});
  }
  lines_.emplace_back("DATA\r\n");
  due_.push_back({Stage::kData, 0});
  stage_ = Stage::kMail;
  send_due(capabilities_.pipelining ? lines_.size() : 1);
}

std::optional<Reply> Client::refuse_unsent(std::uint64_t size) {
  if (needs_utf8(*envelope_) && !capabilities_.smtputf8) {
    return Reply(550, {5, 6, 7}, "the next hop does not offer SMTPUTF8");
  }
  if (capabilities_.max_size > 0 && size > capabilities_.max_size) {
    return Reply(552, {5, 3, 4}, "the message exceeds the next hop's maximum size");
  }
  const std::size_t limit = capabilities_.max_recipients;
  for (std::size_t i = limit; limit > 0 && i < settled_.size(); ++i) {
    settle(i, Outcome::kDeferred, Stage::kRcpt, {452, {4, 5, 3}, "beyond the next hop's limit of recipients"});
  }
  return std::nullopt;
}

std::string Client::mail_line(const Sender& sender, bool utf8, std::uint64_t size) const {
  std::string line = "MAIL FROM:" + to_string(sender.path);
  if (capabilities_.size) line += " SIZE=" + std::to_string(size);
  if (capabilities_.eight_bit_mime && sender.body == Body::k8BitMime) line += " BODY=8BITMIME";
  if (utf8) line += " SMTPUTF8";
  if (capabilities_.dsn) {
    if (sender.ret == DsnReturn::kFull) line += " RET=FULL";
    if (sender.ret == DsnReturn::kHeaders) line += " RET=HDRS";
    if (!sender.envid.empty()) {
      line += " ENVID=";
      append_xtext(line, sender.envid);
    }
  }
  return line += "\r\n";
}

std::string Client::rcpt_line(const Recipient& recipient, bool utf8) const {
  std::string line = "RCPT TO:<" + recipient.mailbox.text() + ">";
  if (capabilities_.dsn) {
    if (recipient.notify.given()) line += " NOTIFY=" + to_string(recipient.notify);
    if (recipient.original) {
      line += " ORCPT=" + recipient.original->type + ";";
      if (recipient.original->type == "utf-8") {
        append_utf8_address(line, recipient.original->address, utf8);
      } else {
        append_xtext(line, recipient.original->address);
      }
    }
  }
  return line += "\r\n";
}

void Client::send_due(std::size_t count) {
  for (; count > 0 && sent_ < lines_.size(); --count) output_ += lines_[sent_++];
}

void Client::on_message_reply(const RemoteReply& reply) {
  const Due due = due_[answered_++];
  if (answered_ < due_.size()) stage_ = due_[answered_].stage;
  switch (due.stage) {
    case Stage::kMail: on_mail(reply); break;
    case Stage::kRcpt: on_rcpt(reply, due.recipient); break;
    default: return on_data(reply);
  }
  // One by one: there is no use in going on to DATA, or even to RCPT, for nobody.
  if (sent_ != answered_) return;
  const bool hopeless = !anyone_left();
  if (hopeless && (due.stage == Stage::kMail || stage_ == Stage::kData)) return end_message(true);
  send_due(1);
}

void Client::on_mail(const RemoteReply& reply) {
  if (reply.code / 100 != 2) settle_rest(outcome_of(reply), Stage::kMail, words_of(reply));
}

void Client::on_rcpt(const RemoteReply& reply, std::size_t recipient) {
  if (reply.code / 100 != 2) settle(recipient, outcome_of(reply), Stage::kRcpt, words_of(reply));
}

void Client::on_data(const RemoteReply& reply) {
  stage_ = Stage::kData;
  if (reply.code == 354) {
    dots_ = DotWriter();
    stage_ = Stage::kContent;
    if (anyone_left()) return;
    // RFC 2920 section 3.1: the server waits for content although nobody is left. End it, whatever it says.
    discard_final_ = true;
    dots_.finish(output_);
    stage_ = Stage::kFinal;
    return;
  }
  if (reply.code / 100 == 2) return protocol_error("2xx in reply to DATA");
  settle_rest(outcome_of(reply), Stage::kData, words_of(reply));
  end_message(true);
}

void Client::content_end() {
  assert(stage_ == Stage::kContent);
  dots_.finish(output_);
  stage_ = Stage::kFinal;
}

void Client::on_final(const RemoteReply& reply) {
  if (discard_final_) return end_message(true);
  if (reply.code / 100 == 3) return protocol_error("3xx in reply to the message");
  final_reply_ = reply.final();
  settle_rest(outcome_of(reply), Stage::kFinal, *final_reply_);
  end_message(false);
}

/// The server gives up before the content is complete: nothing can follow in this session, since what is still
/// under way would be read as commands.
void Client::on_early_reply(const RemoteReply& reply) {
  if (reply.code < 400) return protocol_error("reply in the middle of the content");
  close(false, reply.final());
}

void Client::settle(std::size_t recipient, Outcome outcome, Stage stage, const Reply& reply) {
  if (settled_[recipient]) return;
  settled_[recipient] = true;
  results_[recipient] = {outcome, stage, reply};
}

void Client::settle_rest(Outcome outcome, Stage stage, const Reply& reply) {
  for (std::size_t i = 0; i < settled_.size(); ++i) settle(i, outcome, stage, reply);
}

void Client::end_message(bool reset) {
  result_ = true;
  envelope_ = nullptr;
  stage_ = Stage::kReady;
  if (reset) command(Stage::kReset, "RSET");
}

bool Client::anyone_left() const { return std::ranges::contains(settled_, false); }

}  // namespace postern::smtp
