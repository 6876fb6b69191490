#include "ipc/vault_messages.h"

#include "ipc/auth_messages.h"

namespace postern::ipc {

void Begin::encode(Writer& writer) const {
  writer.u64(id);
  writer.u64(size);
  writer.text(envelope);
}

Begin Begin::decode(Reader& reader) {
  Begin begin;
  begin.id = reader.u64();
  begin.size = reader.u64();
  begin.envelope = reader.text();
  return begin;
}

void Commit::encode(Writer& writer) const {
  writer.text(envelope);
  write_texts(writer, events);
}

Commit Commit::decode(Reader& reader) {
  Commit commit;
  commit.envelope = reader.text();
  commit.events = read_texts(reader);
  return commit;
}

void Refused::encode(Writer& writer) const {
  writer.u8(static_cast<std::uint8_t>(kind));
  writer.text(reason);
}

Refused Refused::decode(Reader& reader) {
  Refused refused;
  refused.kind = read_enum(reader, Kind::kTooBig);
  refused.reason = reader.text();
  return refused;
}

void Event::encode(Writer& writer) const { write_texts(writer, events); }
Event Event::decode(Reader& reader) { return {read_texts(reader)}; }

void Claimed::encode(Writer& writer) const {
  writer.u64(id);
  writer.u64(size);
  writer.u32(attempts);
  writer.u64(accepted_ms);
  writer.text(envelope);
  writer.count(due.size());
  for (const std::uint32_t index : due) writer.u32(index);
  writer.text(head);
}

Claimed Claimed::decode(Reader& reader) {
  Claimed claimed;
  claimed.id = reader.u64();
  claimed.size = reader.u64();
  claimed.attempts = reader.u32();
  claimed.accepted_ms = reader.u64();
  claimed.envelope = reader.text();
  claimed.due.resize(reader.count(sizeof(std::uint32_t)));
  for (auto& index : claimed.due) index = reader.u32();
  claimed.head = reader.text();
  return claimed;
}

void Read::encode(Writer& writer) const {
  writer.u64(id);
  writer.u64(offset);
  writer.u32(length);
}

Read Read::decode(Reader& reader) {
  Read read;
  read.id = reader.u64();
  read.offset = reader.u64();
  read.length = reader.u32();
  return read;
}

void Settle::encode(Writer& writer) const {
  writer.u64(id);
  writer.count(recipients.size());
  for (const auto& recipient : recipients) {
    writer.u32(recipient.index);
    writer.u8(static_cast<std::uint8_t>(recipient.outcome));
    writer.text(recipient.reply);
  }
  writer.u64(retry_after_ms);
  writer.boolean(counts);
  write_texts(writer, events);
}

Settle Settle::decode(Reader& reader) {
  constexpr std::size_t kSmallest = 9;
  Settle settle;
  settle.id = reader.u64();
  settle.recipients.resize(reader.count(kSmallest));
  for (auto& recipient : settle.recipients) {
    recipient.index = reader.u32();
    recipient.outcome = read_enum(reader, Outcome::kFailed);
    recipient.reply = reader.text();
  }
  settle.retry_after_ms = reader.u64();
  settle.counts = reader.boolean();
  settle.events = read_texts(reader);
  return settle;
}

void Settled::encode(Writer& writer) const {
  writer.u64(id);
  writer.boolean(ok);
}

Settled Settled::decode(Reader& reader) {
  Settled settled;
  settled.id = reader.u64();
  settled.ok = reader.boolean();
  return settled;
}

}  // namespace postern::ipc
