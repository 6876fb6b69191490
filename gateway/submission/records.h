#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "submission/tls_keys.h"
#include "submission/wire.h"

namespace postern::submission {

/// Working memory that the sessions of one worker share while one of them reads or writes; nothing stays in it
/// between two calls.
struct TlsScratch {
  static constexpr std::size_t kReadSize = 64 << 10;
  static constexpr std::size_t kWriteSize = 64 << 10;

  Aead opener{Aead::Direction::kOpen};
  Aead sealer{Aead::Direction::kSeal};
  std::unique_ptr<unsigned char[]> read = std::make_unique<unsigned char[]>(kReadSize);
  std::unique_ptr<unsigned char[]> write = std::make_unique<unsigned char[]>(kWriteSize);
};

/// The TLS 1.3 record protocol after the handshake (RFC 8446 section 5, and 4.6.3 KeyUpdate), server side.
///
/// Why not OpenSSL's: its connection object keeps 21 KiB (28 KiB after a hybrid key exchange) for as long as the
/// connection lasts; a mail client that stays logged in all day needs two keys and two counters. The handshake, all of
/// its cryptography and the AEAD remain OpenSSL's; what is here is the framing. TLS 1.2 connections stay with OpenSSL.
///
/// Strict: whatever section 5 calls an error ends the connection with the alert that it names. The only handshake
/// message that a client may send here is KeyUpdate (we ask for no certificate after the handshake).
/// Not thread-safe. All sizes in bytes.
class Records {
 public:
  static constexpr std::size_t kHeader = 5;
  static constexpr std::size_t kMaxPlain = 1 << 14;
  static constexpr std::size_t kMaxCipher = kMaxPlain + 256;
  /// read() needs at least this much room, or it can't open a full record.
  static constexpr std::size_t kMinRoom = kMaxCipher;
  /// We change our key long before AES-GCM's limit of 2^24.5 records (section 5.5).
  static constexpr std::uint64_t kRekeyAfter = 1 << 23;
  /// More KeyUpdates in one connection are an attempt to keep us busy.
  static constexpr unsigned kMaxKeyUpdates = 1000;
  /// Records in a row that carry nothing (empty data, user_canceled); more are an attempt to keep us busy.
  static constexpr unsigned kMaxIdleRecords = 32;

  /// `client` and `server` are the keys of the two directions, with the number of the next record in each.
  Records(TrafficKeys client, TrafficKeys server) : client_(std::move(client)), server_(std::move(server)) {}

  /// Reads what the wire has and opens as many records as fit. kOk: at least one byte came. kEnd: close_notify.
  Wire::Count read(Wire& wire, TlsScratch& scratch, std::span<char> into);
  /// Seals and sends. `rest` shrinks by what was taken over. kOk: all of it is with the kernel; kWantWrite: call again
  /// when the wire is writable, with what is left of `rest` (nothing may be left of it, and still something to send).
  IoStatus write(Wire& wire, TlsScratch& scratch, std::string_view& rest);
  /// Sends close_notify if the wire takes it; nothing may be written afterwards.
  void close(Wire& wire, TlsScratch& scratch);

  /// Whether opened records wait for room, so that read() has something to give without the wire.
  bool pending() const { return whole_record(partial_) != 0; }
  /// What was wrong, after kFailed; a constant.
  std::string_view failure() const { return failure_; }
  /// Memory held apart from the object itself.
  std::size_t memory() const { return partial_.capacity() + unsent_.capacity(); }

 private:
  enum class Alert : unsigned char {
    kCloseNotify = 0,
    kUnexpectedMessage = 10,
    kBadRecordMac = 20,
    kRecordOverflow = 22,
    kDecodeError = 50,
    kIllegalParameter = 47,
    kInternalError = 80,
  };
  /// Nothing more will be read.
  bool over() const { return ended_ || !failure_.empty(); }
  /// The size of the record at the front, header included; 0 when it isn't whole.
  static std::size_t whole_record(std::string_view bytes);
  /// Opens the records in `raw` one by one as long as they fit; returns how much of `raw` was used.
  std::size_t open_all(TlsScratch& scratch, std::span<const unsigned char> raw, std::span<char> into,
                       Wire::Count& result);
  void open_one(TlsScratch& scratch, std::span<const unsigned char> record, std::span<char> into, Wire::Count& result);
  IoStatus take_alert(std::span<const char> content);
  IoStatus take_handshake(TlsScratch& scratch, std::span<const char> content);
  bool update_own_key(TlsScratch& scratch);
  /// Seals one record of this content type to the end of `out`; `out` has room.
  std::size_t seal(TlsScratch& scratch, unsigned char type, std::string_view content, unsigned char* out);
  /// Seals one record behind what is to be sent before anything else.
  void queue(TlsScratch& scratch, unsigned char type, std::string_view content);
  IoStatus flush(Wire& wire);
  /// Remembers why, and queues the alert that says so.
  IoStatus fail(TlsScratch& scratch, Alert alert, std::string_view why);

  TrafficKeys client_;
  TrafficKeys server_;
  std::string partial_;  ///< received and not yet opened: the start of a record, or records that found no room
  std::string unsent_;   ///< sealed and not yet taken by the kernel
  std::string_view failure_;
  unsigned key_updates_ = 0;
  unsigned idle_records_ = 0;
  bool closed_ = false;  ///< close_notify or an alert was sent
  bool ended_ = false;   ///< close_notify came
};

}  // namespace postern::submission
