#include "delivery/envelope.h"

#include "base/text.h"
#include "smtp/xtext.h"

namespace postern::delivery {

namespace {

smtp::DsnReturn to_return(spool::Return returns) {
  switch (returns) {
    case spool::Return::kUnset: return smtp::DsnReturn::kUnset;
    case spool::Return::kFull: return smtp::DsnReturn::kFull;
    case spool::Return::kHeaders: return smtp::DsnReturn::kHeaders;
  }
  std::unreachable();
}

std::optional<smtp::OriginalRecipient> to_original(std::string_view text) {
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string type = to_lower(text.substr(0, semicolon));
  const std::string_view encoded = text.substr(semicolon + 1);
  auto address = type == "utf-8" ? smtp::utf8_address_decode(encoded) : smtp::xtext_decode(encoded);
  if (!address) return std::nullopt;
  return smtp::OriginalRecipient{std::move(type), std::move(*address)};
}

}  // namespace

Result<smtp::Sender> to_sender(const spool::Envelope& envelope) {
  smtp::Sender sender;
  if (!envelope.reverse_path.empty()) {
    auto path = smtp::Mailbox::parse(envelope.reverse_path);
    if (!path) return fail(ErrorCode::kCorrupt, "stored reverse-path: " + path.error().context);
    sender.path = std::move(*path);
  }
  sender.body = (envelope.flags & spool::kEightBit) != 0 ? smtp::Body::k8BitMime : smtp::Body::k7Bit;
  sender.smtputf8 = (envelope.flags & spool::kSmtpUtf8) != 0;
  sender.ret = to_return(envelope.returns);
  sender.envid = smtp::xtext_decode(envelope.envelope_id).value_or("");
  return sender;
}

Result<smtp::Recipient> to_recipient(const spool::Recipient& recipient) {
  auto mailbox = smtp::Mailbox::parse(recipient.address);
  if (!mailbox) return fail(ErrorCode::kCorrupt, "stored recipient: " + mailbox.error().context);
  smtp::Recipient made{std::move(*mailbox), {}, to_original(recipient.original)};
  made.notify.never = (recipient.notify & spool::kNotifyNever) != 0;
  made.notify.success = (recipient.notify & spool::kNotifySuccess) != 0;
  made.notify.failure = (recipient.notify & spool::kNotifyFailure) != 0;
  made.notify.delay = (recipient.notify & spool::kNotifyDelay) != 0;
  return made;
}

}  // namespace postern::delivery
