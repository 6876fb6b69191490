#include "submission/records.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace postern::submission {

namespace {

constexpr unsigned char kAlert = 21;
constexpr unsigned char kHandshake = 22;
constexpr unsigned char kApplicationData = 23;
constexpr unsigned char kKeyUpdate = 24;
constexpr unsigned char kFatal = 2;
constexpr unsigned char kUserCanceled = 90;

std::span<const unsigned char> octets(std::string_view bytes) {
  return {static_cast<const unsigned char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {static_cast<const char*>(static_cast<const void*>(bytes)), size};
}

/// Plaintext is opened straight into the reader's buffer.
unsigned char* octets(std::span<char> bytes) { return static_cast<unsigned char*>(static_cast<void*>(bytes.data())); }

/// The length field of a record's header.
std::size_t record_length(std::span<const unsigned char> header) {
  return static_cast<std::size_t>(header[3]) << 8 | header[4];
}

/// Gives memory back that a burst needed; the session may now be idle for hours.
void give_back(std::string& buffer) { std::string().swap(buffer); }

}  // namespace

std::size_t Records::whole_record(std::string_view bytes) {
  if (bytes.size() < kHeader) return 0;
  const std::size_t size = kHeader + record_length(octets(bytes));
  // One that is too long need not be whole: it is refused by its header.
  return size > kHeader + kMaxCipher || bytes.size() >= size ? size : 0;
}

Wire::Count Records::read(Wire& wire, TlsScratch& scratch, std::span<char> into) {
  Wire::Count result{IoStatus::kWantRead, 0};
  if (ended_) return {IoStatus::kEnd, 0};
  if (!failure_.empty()) return {IoStatus::kFailed, 0};
  std::size_t held = partial_.size();
  std::memcpy(scratch.read.get(), partial_.data(), held);
  bool fresh = pending();  // what is there already may satisfy the reader without a system call
  for (;;) {
    if (!fresh) {
      // No more than what fits opened into the room that is left, and at least the rest of a record.
      const std::size_t room = std::min(TlsScratch::kReadSize - held, std::max(into.size() - result.bytes, kMinRoom));
      char* const behind = static_cast<char*>(static_cast<void*>(scratch.read.get() + held));
      const auto got = wire.read({behind, room});
      if (got.status != IoStatus::kOk) {
        if (result.bytes == 0) result.status = got.status == IoStatus::kEnd ? IoStatus::kTruncated : got.status;
        break;
      }
      held += got.bytes;
    }
    fresh = false;
    const std::size_t used = open_all(scratch, {scratch.read.get(), held}, into.subspan(result.bytes), result);
    held -= used;
    std::memmove(scratch.read.get(), scratch.read.get() + used, held);
    if (over() || into.size() - result.bytes < kMinRoom) break;
  }
  // Data that came before an end is delivered first; the end is told by the next call.
  if (result.bytes > 0) result.status = IoStatus::kOk;
  if (held == 0) {
    give_back(partial_);
  } else {
    partial_.assign(text(scratch.read.get(), held));
  }
  if (!unsent_.empty()) std::ignore = flush(wire);
  return result;
}

std::size_t Records::open_all(TlsScratch& scratch, std::span<const unsigned char> raw, std::span<char> into,
                              Wire::Count& result) {
  std::size_t used = 0;
  std::size_t filled = 0;
  const std::size_t before = result.bytes;
  while (const std::size_t size = whole_record(text(raw.data() + used, raw.size() - used))) {
    if (size > kHeader + kMaxCipher) {
      result.status = fail(scratch, Alert::kRecordOverflow, "record too long");
      break;
    }
    if (into.size() - filled < size - kHeader) break;
    open_one(scratch, raw.subspan(used, size), into.subspan(filled), result);
    used += size;
    filled = result.bytes - before;
    if (over()) return raw.size();  // what comes after a close_notify is not read (section 6.1)
  }
  return used;
}

void Records::open_one(TlsScratch& scratch, std::span<const unsigned char> record, std::span<char> into,
                       Wire::Count& result) {
  if (record[0] != kApplicationData) {
    result.status = fail(scratch, Alert::kUnexpectedMessage, "unprotected record");
    return;
  }
  const auto sealed = record.subspan(kHeader);
  if (sealed.size() <= kTagSize || !scratch.opener.open(client_, record.first(kHeader), sealed, octets(into))) {
    result.status = fail(scratch, Alert::kBadRecordMac, "record does not verify");
    return;
  }
  // The content type is the last byte that is not zero; what follows it is padding (section 5.4).
  std::size_t size = sealed.size() - kTagSize;
  while (size > 0 && into[size - 1] == 0) --size;
  if (size == 0) {
    result.status = fail(scratch, Alert::kUnexpectedMessage, "record without a content type");
    return;
  }
  const auto type = static_cast<unsigned char>(into[--size]);
  if (size > kMaxPlain) {
    result.status = fail(scratch, Alert::kRecordOverflow, "record too long");
    return;
  }
  if (type == kApplicationData) {
    if (size > 0) {
      idle_records_ = 0;
      result.status = IoStatus::kOk;
    } else if (++idle_records_ > kMaxIdleRecords) {
      result.status = fail(scratch, Alert::kUnexpectedMessage, "too many empty records");
    }
    result.bytes += size;
    return;
  }
  const auto content = into.first(size);
  IoStatus status = IoStatus::kFailed;
  if (type == kAlert) {
    status = take_alert(content);
  } else if (type == kHandshake) {
    status = take_handshake(scratch, content);
  } else {
    status = fail(scratch, Alert::kUnexpectedMessage, "record of an unexpected type");
  }
  if (status != IoStatus::kOk) result.status = status;
}

IoStatus Records::take_alert(std::span<const char> content) {
  if (content.size() != 2) {
    failure_ = "malformed alert";
    return IoStatus::kFailed;
  }
  const auto description = static_cast<unsigned char>(content[1]);
  if (description == kUserCanceled && ++idle_records_ <= kMaxIdleRecords)
    return IoStatus::kOk;  // a close_notify follows it
  if (description != static_cast<unsigned char>(Alert::kCloseNotify)) {
    failure_ = "alert from the client";
    closed_ = true;  // section 6.2: nothing may be sent any more
    return IoStatus::kFailed;
  }
  ended_ = true;
  return IoStatus::kEnd;
}

IoStatus Records::take_handshake(TlsScratch& scratch, std::span<const char> content) {
  // Key changes must end a record (section 5.1), so that the message stands alone in it.
  const bool whole = content.size() == 5 && content[1] == 0 && content[2] == 0 && content[3] == 1;
  if (!whole || static_cast<unsigned char>(content[0]) != kKeyUpdate) {
    return fail(scratch, Alert::kUnexpectedMessage, "unexpected handshake message");
  }
  if (content[4] != 0 && content[4] != 1) return fail(scratch, Alert::kIllegalParameter, "malformed KeyUpdate");
  if (++key_updates_ > kMaxKeyUpdates) return fail(scratch, Alert::kUnexpectedMessage, "too many KeyUpdates");
  auto next = client_.next();
  if (!next) return fail(scratch, Alert::kInternalError, "key update failed");
  client_ = std::move(*next);
  if (content[4] == 1 && !update_own_key(scratch)) {
    return fail(scratch, Alert::kInternalError, "key update failed");
  }
  return IoStatus::kOk;
}

bool Records::update_own_key(TlsScratch& scratch) {
  constexpr std::string_view kNotRequested("\x18\x00\x00\x01\x00", 5);
  queue(scratch, kHandshake, kNotRequested);
  auto next = server_.next();
  if (!next) return false;
  server_ = std::move(*next);
  return true;
}

std::size_t Records::seal(TlsScratch& scratch, unsigned char type, std::string_view content, unsigned char* out) {
  const std::size_t inner = content.size() + 1;
  const std::size_t length = inner + kTagSize;
  const std::array<unsigned char, kHeader> header{kApplicationData, 3, 3, static_cast<unsigned char>(length >> 8),
                                                  static_cast<unsigned char>(length & 0xFFU)};
  std::copy(header.begin(), header.end(), out);
  unsigned char* const body = out + kHeader;
  std::memcpy(body, content.data(), content.size());
  body[content.size()] = type;
  if (!scratch.sealer.seal(server_, header, {body, inner}, body)) return 0;
  return kHeader + length;
}

void Records::queue(TlsScratch& scratch, unsigned char type, std::string_view content) {
  unsigned char* const out = scratch.write.get();
  unsent_.append(text(out, seal(scratch, type, content, out)));
}

IoStatus Records::flush(Wire& wire) {
  std::string_view left = unsent_;
  IoStatus status = IoStatus::kOk;
  while (!left.empty() && status == IoStatus::kOk) {
    const auto sent = wire.write(left);
    status = sent.status;
    left.remove_prefix(sent.bytes);
  }
  if (left.empty()) {
    give_back(unsent_);
    return status == IoStatus::kFailed ? status : IoStatus::kOk;
  }
  unsent_.erase(0, unsent_.size() - left.size());
  return status;
}

IoStatus Records::write(Wire& wire, TlsScratch& scratch, std::string_view& rest) {
  if (closed_ || (!failure_.empty())) return IoStatus::kFailed;
  for (;;) {
    if (!unsent_.empty()) {
      if (const auto status = flush(wire); status != IoStatus::kOk) return status;
    }
    if (rest.empty()) return IoStatus::kOk;
    if (server_.sequence() >= kRekeyAfter && !update_own_key(scratch)) {
      return fail(scratch, Alert::kInternalError, "key update failed");
    }
    std::size_t sealed = 0;
    constexpr std::size_t kOverhead = kHeader + 1 + kTagSize;
    while (!rest.empty() && sealed + kOverhead + kMaxPlain <= TlsScratch::kWriteSize) {
      const auto piece = rest.substr(0, kMaxPlain);
      const std::size_t size = seal(scratch, kApplicationData, piece, scratch.write.get() + sealed);
      if (size == 0) return fail(scratch, Alert::kInternalError, "encryption failed");
      sealed += size;
      rest.remove_prefix(piece.size());
    }
    if (!unsent_.empty()) {  // a KeyUpdate goes before what its key protects
      unsent_.append(text(scratch.write.get(), sealed));
      continue;
    }
    const auto sent = wire.write(text(scratch.write.get(), sealed));
    if (sent.status == IoStatus::kFailed) return sent.status;
    if (sent.bytes < sealed) unsent_.assign(text(scratch.write.get() + sent.bytes, sealed - sent.bytes));
  }
}

void Records::close(Wire& wire, TlsScratch& scratch) {
  if (!closed_) {
    constexpr std::string_view kCloseNotify("\x01\x00", 2);
    queue(scratch, kAlert, kCloseNotify);
    closed_ = true;
  }
  std::ignore = flush(wire);
}

IoStatus Records::fail(TlsScratch& scratch, Alert alert, std::string_view why) {
  failure_ = why;
  if (!closed_) {
    const std::array<char, 2> content{static_cast<char>(kFatal), static_cast<char>(alert)};
    queue(scratch, kAlert, {content.data(), content.size()});
    closed_ = true;
  }
  return IoStatus::kFailed;
}

}  // namespace postern::submission
