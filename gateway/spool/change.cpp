#include "spool/change.h"

#include "ipc/codec.h"

namespace postern::spool {

namespace {

enum Present : std::uint8_t { kHeld = 1, kDamaged = 2, kDue = 4, kAttempts = 8 };

constexpr std::size_t kSmallestRecipient = 2 + 1 + 4;

}  // namespace

void encode(std::string& out, const MessageChange& change) {
  ipc::Writer writer(out);
  writer.u64(change.id);
  writer.boolean(change.in_file);
  writer.u64(change.size);
  writer.u32(change.content_crc);
  writer.text(change.envelope);
}

std::optional<MessageChange> decode_message_change(std::string_view bytes) {
  ipc::Reader reader(bytes);
  MessageChange change;
  change.id = reader.u64();
  change.in_file = reader.boolean();
  change.size = reader.u64();
  change.content_crc = reader.u32();
  change.envelope = reader.text();
  if (!reader.finished()) return std::nullopt;
  return change;
}

void encode(std::string& out, const StateChange& change) {
  ipc::Writer writer(out);
  writer.u64(change.id);
  writer.u8(static_cast<std::uint8_t>((change.held ? kHeld : 0) | (change.damaged ? kDamaged : 0) |
                                      (change.due ? kDue : 0) | (change.attempts ? kAttempts : 0)));
  if (change.held) writer.boolean(*change.held);
  if (change.damaged) writer.boolean(*change.damaged);
  if (change.due) writer.u64(*change.due);
  if (change.attempts) writer.u32(*change.attempts);
  writer.count(change.recipients.size());
  for (const RecipientChange& recipient : change.recipients) {
    writer.u16(recipient.index);
    writer.u8(static_cast<std::uint8_t>(recipient.state));
    writer.text(recipient.reply);
  }
}

std::optional<StateChange> decode_state_change(std::string_view bytes) {
  ipc::Reader reader(bytes);
  StateChange change;
  change.id = reader.u64();
  const std::uint8_t present = reader.u8();
  if ((present & kHeld) != 0) change.held = reader.boolean();
  if ((present & kDamaged) != 0) change.damaged = reader.boolean();
  if ((present & kDue) != 0) change.due = reader.u64();
  if ((present & kAttempts) != 0) change.attempts = reader.u32();
  const std::size_t recipients = reader.count(kSmallestRecipient);
  for (std::size_t i = 0; i < recipients && reader.ok(); ++i) {
    RecipientChange& recipient = change.recipients.emplace_back();
    recipient.index = reader.u16();
    recipient.state = ipc::read_enum(reader, kLastRecipientState);
    recipient.reply = reader.text();
  }
  if (!reader.finished()) return std::nullopt;
  return change;
}

}  // namespace postern::spool
