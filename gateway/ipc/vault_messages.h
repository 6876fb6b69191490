#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/codec.h"

/// The exchange with postern-vault on its "hot" socket. What a peer may say follows from its user:
///
/// postern-submit, on a connection per open transaction (pooled):
///   Begin, Chunk..., then Commit -> Committed | Refused, or Abort (no answer). A connection that breaks before the
///   Commit was answered aborts; whether a commit whose answer was lost holds, nobody can say: the client asks again.
///   Probe -> Accepting.
/// any daemon: Event -> Recorded, in order, at any time outside a transaction. A sender keeps what it sent until then,
///   so that a crash of the vault loses nothing; what was recorded before the answer got lost is recorded twice.
/// postern-deliver, on one connection: Claim (-> Claimed, one frame a message, as they fall due), Settle -> Settled,
///   and on further connections Read -> Content. When the claiming connection breaks, what it claimed and did not
///   settle may be claimed again.
namespace postern::ipc {

/// Opens a transaction.
struct Begin {
  static constexpr std::uint16_t kType = 0x0301;
  std::uint64_t id = 0;    ///< the message's id, chosen by the submitter
  std::uint64_t size = 0;  ///< what the client announced (SIZE), 0 when it did not
  std::string envelope;    ///< spool::encode(Envelope)

  void encode(Writer& writer) const;
  static Begin decode(Reader& reader);
};

/// A piece of the content, in order; at most kChunkSize.
struct Chunk {
  static constexpr std::uint16_t kType = 0x0302;
  std::string_view bytes;  ///< when decoded: points into the frame

  void encode(Writer& writer) const { writer.text(bytes); }
  static Chunk decode(Reader& reader) { return {reader.text()}; }
};

/// All content is there: make message and ledger entries durable.
struct Commit {
  static constexpr std::uint16_t kType = 0x0303;
  std::string envelope;             ///< replaces Begin's when not empty
  std::vector<std::string> events;  ///< ledger events as JSON objects, in order

  void encode(Writer& writer) const;
  static Commit decode(Reader& reader);
};

/// The transaction is given up. Events about it travel as Event, which is answered.
struct Abort {
  static constexpr std::uint16_t kType = 0x0304;
  void encode(Writer&) const {}
  static Abort decode(Reader&) { return {}; }
};

/// The message and its entries are on stable storage.
struct Committed {
  static constexpr std::uint16_t kType = 0x0305;
  std::uint64_t id = 0;

  void encode(Writer& writer) const { writer.u64(id); }
  static Committed decode(Reader& reader) { return {reader.u64()}; }
};

/// Nothing was accepted.
struct Refused {
  static constexpr std::uint16_t kType = 0x0306;
  enum class Kind : std::uint8_t {
    kStorage = 0,  ///< writing failed, or has failed before: 451 4.3.0
    kFull,         ///< disk or queue is full: 452 4.3.1
    kInvalid,      ///< the request broke a rule: a fault of the asking daemon
    kTooBig,       ///< over the size limit: 552 5.3.4
  };
  Kind kind = Kind::kStorage;
  std::string reason;  ///< for the log

  void encode(Writer& writer) const;
  static Refused decode(Reader& reader);
};

/// Ledger events outside a transaction; several go in one frame. They are made durable within moments. One that the
/// ledger does not take (ledger/check.h) is replaced by an entry "events-lost".
struct Event {
  static constexpr std::uint16_t kType = 0x0307;
  std::vector<std::string> events;

  void encode(Writer& writer) const;
  static Event decode(Reader& reader);
};

/// The answer to the oldest Event on this connection that has none yet.
struct Recorded {
  static constexpr std::uint16_t kType = 0x030a;
  bool ok = false;  ///< on stable storage; else none of them is: try again later

  void encode(Writer& writer) const { writer.boolean(ok); }
  static Recorded decode(Reader& reader) { return {reader.boolean()}; }
};

/// Would a message of this size be taken now?
struct Probe {
  static constexpr std::uint16_t kType = 0x0308;
  std::uint64_t size = 0;

  void encode(Writer& writer) const { writer.u64(size); }
  static Probe decode(Reader& reader) { return {reader.u64()}; }
};

/// Yes. (No is a Refused.)
struct Accepting {
  static constexpr std::uint16_t kType = 0x0309;
  void encode(Writer&) const {}
  static Accepting decode(Reader&) { return {}; }
};

/// "I can take this many more messages": credit that adds up. Messages come as Claimed frames when they fall due.
struct Claim {
  static constexpr std::uint16_t kType = 0x0310;
  std::uint32_t credit = 0;

  void encode(Writer& writer) const { writer.u32(credit); }
  static Claim decode(Reader& reader) { return {reader.u32()}; }
};

/// A message that is due; its claim lasts until it is settled or the connection breaks.
struct Claimed {
  static constexpr std::uint16_t kType = 0x0311;
  std::uint64_t id = 0;
  std::uint64_t size = 0;          ///< of the whole content, in bytes
  std::uint32_t attempts = 0;      ///< how many were made before
  std::uint64_t accepted_ms = 0;   ///< when it was accepted, milliseconds since 1970
  std::string envelope;            ///< spool::encode(Envelope), all recipients
  std::vector<std::uint32_t> due;  ///< indexes of the recipients that are still to be served
  std::string head;                ///< the content's first bytes, all of it when it is small

  void encode(Writer& writer) const;
  static Claimed decode(Reader& reader);
};

/// A part of a claimed message's content.
struct Read {
  static constexpr std::uint16_t kType = 0x0312;
  std::uint64_t id = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< at most kChunkSize

  void encode(Writer& writer) const;
  static Read decode(Reader& reader);
};

/// The part; shorter than asked for only at the content's end. (A Refused says that it can't be read.)
struct Content {
  static constexpr std::uint16_t kType = 0x0313;
  std::string_view bytes;  ///< when decoded: points into the frame

  void encode(Writer& writer) const { writer.text(bytes); }
  static Content decode(Reader& reader) { return {reader.text()}; }
};

/// What became of some recipients of a claimed message; ends the claim.
struct Settle {
  static constexpr std::uint16_t kType = 0x0314;
  enum class Outcome : std::uint8_t { kDelivered = 0, kDeferred, kFailed };
  struct Recipient {
    std::uint32_t index = 0;
    Outcome outcome = Outcome::kDeferred;
    std::string reply;  ///< the last thing that was said of it, for the queue's list
  };
  std::uint64_t id = 0;
  std::vector<Recipient> recipients;  ///< those not named stay due
  std::uint64_t retry_after_ms = 0;   ///< from now, for those still due; 0: at once
  bool counts = true;                 ///< whether this was an attempt
  std::vector<std::string> events;

  void encode(Writer& writer) const;
  static Settle decode(Reader& reader);
};

/// The settlement is on stable storage (`ok`), or could not be made so: the message will be claimed again.
struct Settled {
  static constexpr std::uint16_t kType = 0x0315;
  std::uint64_t id = 0;
  bool ok = false;

  void encode(Writer& writer) const;
  static Settled decode(Reader& reader);
};

}  // namespace postern::ipc
