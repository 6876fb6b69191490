#include "submission/stored_envelope.h"

#include "smtp/xtext.h"

namespace postern::submission {

namespace {

std::uint8_t notify_bits(const smtp::Notify& notify) {
  unsigned bits = spool::kNotifyUnset;
  if (notify.success) bits |= spool::kNotifySuccess;
  if (notify.failure) bits |= spool::kNotifyFailure;
  if (notify.delay) bits |= spool::kNotifyDelay;
  if (notify.never) bits |= spool::kNotifyNever;
  return static_cast<std::uint8_t>(bits);
}

std::string wire_form(const smtp::OriginalRecipient& original) {
  std::string text = original.type + ";";
  if (original.type == "utf-8") {
    smtp::append_utf8_address(text, original.address, true);
  } else {
    smtp::append_xtext(text, original.address);
  }
  return text;
}

spool::Return returns_of(smtp::DsnReturn value) {
  switch (value) {
    case smtp::DsnReturn::kFull: return spool::Return::kFull;
    case smtp::DsnReturn::kHeaders: return spool::Return::kHeaders;
    case smtp::DsnReturn::kUnset: break;
  }
  return spool::Return::kUnset;
}

}  // namespace

spool::Envelope stored_envelope(const smtp::Envelope& envelope, const SessionFacts& facts, bool eight_bit,
                                WallTime received) {
  const smtp::Sender& sender = envelope.sender;
  spool::Envelope stored;
  if (sender.path) stored.reverse_path = sender.path->text();
  stored.recipients.reserve(envelope.recipients.size());
  for (const smtp::Recipient& recipient : envelope.recipients) {
    stored.recipients.push_back({.address = recipient.mailbox.text(),
                                 .original = recipient.original ? wire_form(*recipient.original) : std::string(),
                                 .notify = notify_bits(recipient.notify)});
  }
  unsigned flags = 0;
  if (sender.smtputf8) flags |= spool::kSmtpUtf8;
  if (eight_bit || sender.body == smtp::Body::k8BitMime) flags |= spool::kEightBit;
  stored.flags = static_cast<std::uint8_t>(flags);
  stored.returns = returns_of(sender.ret);
  smtp::append_xtext(stored.envelope_id, sender.envid);
  stored.person = facts.person;
  stored.device = facts.device;
  stored.client = facts.client;
  stored.session = facts.id;
  stored.received = received;
  return stored;
}

}  // namespace postern::submission
