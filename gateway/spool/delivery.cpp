#include <algorithm>
#include <format>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "ledger/check.h"
#include "ledger/event.h"
#include "spool/spool.h"

// The side of the spool that messages leave by, and what looks at them.
namespace postern::spool {

namespace {

constexpr std::size_t kUsualHead = 8 << 10;
constexpr int kTries = 3;  // a message may be moved while it is looked up

std::chrono::microseconds span(std::uint64_t from, std::uint64_t to) {
  return std::chrono::microseconds(to > from ? static_cast<std::int64_t>(to - from) : 0);
}

}  // namespace

// The proven bytes of a message's record, header and head, and with `with_body` the body. kUnavailable: it is no longer
// at this place.
Result<std::string> Spool::read_record(MessageId id, const Place& place, bool with_body, RecordHeader& header) {
  const auto segment = segments_.get(place.segment);
  if (!segment) return fail(ErrorCode::kUnavailable, "segment is gone");
  std::string bytes(with_body ? place.length : std::min<std::size_t>(place.length, kUsualHead), '\0');
  auto got = segment->file->read(place.offset, bytes);
  if (!got) return fail(got.error());
  bytes.resize(*got);
  const SegmentKey key = segment_key(secret_, place.segment);
  const auto found = read_header(bytes, key);
  if (found && !with_body && bytes.size() < kRecordHeader + found->head_length) {
    bytes.resize(std::min<std::size_t>(place.length, kRecordHeader + found->head_length));
    got = segment->file->read(place.offset, bytes);
    if (!got) return fail(got.error());
    bytes.resize(*got);
  }
  if (!found || !check_head(bytes, *found, key)) {
    return fail(ErrorCode::kCorrupt, std::format("record of message {} is damaged", base32_id(id)));
  }
  header = *found;
  const std::string_view body = std::string_view(bytes).substr(kRecordHeader + header.head_length);
  if (with_body && (body.size() != header.body_length || crc32c(body) != header.body_crc)) {
    return fail(ErrorCode::kCorrupt, std::format("content of message {} is damaged", base32_id(id)));
  }
  return bytes;
}

Result<Claimed> Spool::load(MessageId id) {
  Claimed claimed;
  claimed.id = id;
  Result<std::string> bytes = fail(ErrorCode::kUnavailable, "message moves about");
  RecordHeader header;
  for (int i = 0; i < kTries && !bytes && bytes.error().code == ErrorCode::kUnavailable; ++i) {
    const std::uint64_t moment = now();
    Place place;
    {
      const std::lock_guard lock(mutex_);
      const Entry* entry = index_.find(id);
      if (entry == nullptr) return fail(ErrorCode::kNotFound, "message is gone");
      claimed.size = entry->size;
      claimed.attempts = entry->attempts;
      claimed.age = span(entry->accepted, moment);
      claimed.recipients = unpack_progress(*entry);
      claimed.in_file = entry->in_file;
      place = entry->place;
    }
    bytes = read_record(id, place, true, header);
  }
  if (!bytes) return fail(bytes.error());
  std::vector<std::string_view> events;
  std::string_view operation;
  const std::string_view head = std::string_view(*bytes).substr(kRecordHeader, header.head_length);
  const bool split = split_head(head, header.events, events, operation);
  const auto change = split ? decode_message_change(operation) : std::nullopt;
  if (!change || change->id != id) return fail(ErrorCode::kCorrupt, "record is another message's");
  claimed.envelope = change->envelope;
  if (claimed.in_file) {
    if (const auto checked = large_->check(id, change->size, change->content_crc); !checked) {
      return fail(checked.error());
    }
  } else {
    bytes->erase(0, kRecordHeader + header.head_length);
    claimed.content = std::move(*bytes);
    if (claimed.content.size() != change->size) return fail(ErrorCode::kCorrupt, "content has another size");
  }
  return claimed;
}

// Only what is proven to be whole is handed out. A message that can't be read is put aside, in the queue, with an
// alarm: it is neither delivered in part nor forgotten.
Result<std::vector<Claimed>> Spool::claim(Owner owner, std::size_t limit) {
  if (const auto healthy = log_->health(); !healthy) return fail(healthy.error());
  const std::uint64_t moment = now();
  std::vector<MessageId> ids;
  {
    const std::lock_guard lock(mutex_);
    ids = index_.claim(moment, owner, limit);
  }
  std::vector<Claimed> claimed;
  claimed.reserve(ids.size());
  for (const MessageId id : ids) {
    auto loaded = load(id);
    if (loaded) {
      claimed.push_back(std::move(*loaded));
    } else if (loaded.error().code == ErrorCode::kCorrupt) {
      mark_damaged(id, loaded.error());
    } else if (loaded.error().code != ErrorCode::kNotFound) {
      put_off(id, loaded.error());
    }
  }
  return claimed;
}

// A disk that can't read now may be able to later: the message stays as it is.
void Spool::put_off(MessageId id, const Error& reason) {
  constexpr std::uint64_t kPause = 60'000'000;
  hooks_.alarm(std::format("message {} can't be read now: {}", base32_id(id), reason.context));
  StateChange change;
  change.id = id;
  change.due = now() + kPause;
  change_state(std::move(change), {}, true, {});
}

void Spool::mark_damaged(MessageId id, const Error& reason) {
  hooks_.alarm(std::format("message {} can't be read: {}", base32_id(id), reason.context));
  StateChange change;
  change.id = id;
  change.damaged = true;
  change_state(std::move(change), {ledger::Event("damaged").id("message", id).field("reason", reason.context).take()},
               true, {});
}

std::optional<std::chrono::microseconds> Spool::next_due() {
  const std::uint64_t moment = now();
  const std::lock_guard lock(mutex_);
  const auto due = index_.next_due();
  if (!due) return std::nullopt;
  return span(moment, *due);
}

Result<std::string> Spool::read(MessageId id, std::uint64_t offset, std::size_t length) {
  bool in_file = false;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = index_.find(id);
    if (entry == nullptr) return fail(ErrorCode::kNotFound, "no such message in the queue");
    in_file = entry->in_file;
  }
  if (!in_file) {
    auto loaded = load(id);
    if (!loaded) return fail(loaded.error());
    return loaded->content.substr(std::min<std::size_t>(offset, loaded->content.size()), length);
  }
  std::string bytes(length, '\0');
  const auto got = large_->read(id, offset, bytes);
  if (!got) return fail(got.error());
  bytes.resize(*got);
  return bytes;
}

Result<void> Spool::settle(Owner owner, MessageId id, const Settlement& settlement,
                           const std::vector<std::string>& events, Done done) {
  for (const std::string& event : events) {
    if (const auto good = ledger::check_event(event); !good) return fail(ErrorCode::kInvalid, good.error().context);
  }
  StateChange change;
  change.id = id;
  change.due = now() + static_cast<std::uint64_t>(std::max<std::int64_t>(settlement.retry_after.count(), 0));
  change.recipients = settlement.recipients;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = index_.find(id);
    if (entry == nullptr) return fail(ErrorCode::kNotFound, "no such message in the queue");
    for (const RecipientChange& recipient : settlement.recipients) {
      if (recipient.index >= entry->recipients) return fail(ErrorCode::kInvalid, "no such recipient");
    }
    change.attempts = entry->attempts + (settlement.counts ? 1 : 0);
    if (!index_.begin_settle(id, owner)) return fail(ErrorCode::kNotFound, "message is not claimed by this owner");
  }
  return change_state(std::move(change), events, true, std::move(done));
}

void Spool::end_claims(Owner owner) {
  std::size_t ended = 0;
  {
    const std::lock_guard lock(mutex_);
    ended = index_.end_claims(owner);
  }
  if (ended > 0 && hooks_.due) hooks_.post([this] { hooks_.due(); });
}

MessageInfo Spool::describe(MessageId id) {
  MessageInfo info;
  Result<std::string> bytes = fail(ErrorCode::kUnavailable, "message moves about");
  RecordHeader header;
  for (int i = 0; i < kTries && !bytes && bytes.error().code == ErrorCode::kUnavailable; ++i) {
    const std::uint64_t moment = now();
    Place place;
    {
      const std::lock_guard lock(mutex_);
      const Entry* entry = index_.find(id);
      if (entry == nullptr) return {};
      info.id = id;
      info.size = entry->size;
      info.attempts = entry->attempts;
      info.held = entry->held;
      info.damaged = entry->damaged;
      info.claimed = index_.is_claimed(id);
      info.age = span(entry->accepted, moment);
      info.next_attempt = span(moment, entry->due);
      info.recipients = unpack_progress(*entry);
      place = entry->place;
    }
    bytes = read_record(id, place, false, header);
  }
  if (!bytes) return info;
  std::vector<std::string_view> events;
  std::string_view operation;
  const std::string_view head = std::string_view(*bytes).substr(kRecordHeader, header.head_length);
  if (!split_head(head, header.events, events, operation)) return info;
  const auto change = decode_message_change(operation);
  if (!change) return info;
  if (auto envelope = decode_envelope(change->envelope)) info.envelope = std::move(*envelope);
  return info;
}

Result<MessageInfo> Spool::inspect(MessageId id) {
  MessageInfo info = describe(id);
  if (info.id == 0) return fail(ErrorCode::kNotFound, std::format("no message {} in the queue", base32_id(id)));
  return info;
}

std::vector<MessageInfo> Spool::list(MessageId after, std::size_t limit) {
  std::vector<MessageId> ids;
  {
    const std::lock_guard lock(mutex_);
    index_.walk(after, [&ids, limit](const Entry& entry) {
      if (ids.size() >= limit) return false;
      ids.push_back(entry.id);
      return true;
    });
  }
  std::vector<MessageInfo> messages;
  for (const MessageId id : ids) {
    MessageInfo info = describe(id);
    if (info.id != 0) messages.push_back(std::move(info));
  }
  return messages;
}

}  // namespace postern::spool
