#include "spool/envelope.h"

#include <chrono>

#include "ipc/codec.h"

namespace postern::spool {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSmallestRecipient = 4 + 4 + 1;

}  // namespace

// The recipients' number stands right after the version, so that count_recipients() need not decode the rest.
std::string encode(const Envelope& envelope) {
  std::string out;
  out.reserve(96 + envelope.reverse_path.size() + envelope.recipients.size() * 48);
  ipc::Writer writer(out);
  writer.u8(kVersion);
  writer.count(envelope.recipients.size());
  for (const Recipient& recipient : envelope.recipients) {
    writer.text(recipient.address);
    writer.text(recipient.original);
    writer.u8(recipient.notify);
  }
  writer.text(envelope.reverse_path);
  writer.u8(envelope.flags);
  writer.u8(static_cast<std::uint8_t>(envelope.returns));
  writer.text(envelope.envelope_id);
  writer.text(envelope.person);
  writer.text(envelope.device);
  writer.text(envelope.client);
  writer.u64(envelope.session);
  writer.u64(static_cast<std::uint64_t>(envelope.received.time_since_epoch().count()));
  return out;
}

Result<Envelope> decode_envelope(std::string_view bytes) {
  ipc::Reader reader(bytes);
  if (reader.u8() != kVersion) return fail(ErrorCode::kCorrupt, "envelope of an unknown version");
  Envelope envelope;
  const std::size_t recipients = reader.count(kSmallestRecipient);
  if (recipients == 0 || recipients > kMaxRecipients) reader.reject();
  for (std::size_t i = 0; i < recipients && reader.ok(); ++i) {
    Recipient& recipient = envelope.recipients.emplace_back();
    recipient.address = reader.text();
    recipient.original = reader.text();
    recipient.notify = reader.u8();
  }
  envelope.reverse_path = reader.text();
  envelope.flags = reader.u8();
  envelope.returns = ipc::read_enum(reader, Return::kHeaders);
  envelope.envelope_id = reader.text();
  envelope.person = reader.text();
  envelope.device = reader.text();
  envelope.client = reader.text();
  envelope.session = reader.u64();
  envelope.received = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(reader.u64())));
  if (!reader.finished()) return fail(ErrorCode::kCorrupt, "malformed envelope");
  return envelope;
}

std::size_t count_recipients(std::string_view bytes) {
  ipc::Reader reader(bytes);
  if (reader.u8() != kVersion) return 0;
  const std::size_t recipients = reader.count(kSmallestRecipient);
  return recipients > kMaxRecipients ? 0 : recipients;
}

}  // namespace postern::spool
