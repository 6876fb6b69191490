#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

/// What is stored beside a message's content: who sent it, from where, to whom. Plain strings; every rule about
/// addresses was applied by postern-submit.
namespace postern::spool {

/// RFC 3461 section 4.1: which reports the submitter wants for a recipient. kNever excludes the others.
enum Notify : std::uint8_t {
  kNotifyUnset = 0,
  kNotifySuccess = 1,
  kNotifyFailure = 2,
  kNotifyDelay = 4,
  kNotifyNever = 8,
};

/// RFC 3461 section 4.3: how much of the message a report returns.
enum class Return : std::uint8_t { kUnset = 0, kFull = 1, kHeaders = 2 };

/// What the message needs of the next server.
enum EnvelopeFlags : std::uint8_t {
  kSmtpUtf8 = 1,   ///< RFC 6531
  kEightBit = 2,   ///< RFC 6152: BODY=8BITMIME, or the content has such bytes
  kGenerated = 4,  ///< made by Postern itself (a report); its failure is never reported
};

struct Recipient {
  std::string address;   ///< forward-path without angle brackets: "bob@example.org"
  std::string original;  ///< RFC 3461 ORCPT as given, xtext and all: "rfc822;bob@example.org"; may be empty
  std::uint8_t notify = kNotifyUnset;  ///< Notify, or-ed

  bool operator==(const Recipient&) const = default;
};

struct Envelope {
  std::string reverse_path;  ///< without angle brackets; empty: the null reverse-path
  std::vector<Recipient> recipients;
  std::uint8_t flags = 0;  ///< EnvelopeFlags, or-ed
  Return returns = Return::kUnset;
  std::string envelope_id;    ///< RFC 3461 ENVID as given
  std::string person;         ///< canonical login name
  std::string device;         ///< id of the device, empty for a LAN host
  std::string client;         ///< address of the client, as text
  std::uint64_t session = 0;  ///< id of the session that submitted it
  WallTime received{};        ///< when the content was complete

  bool operator==(const Envelope&) const = default;
};

inline constexpr std::size_t kMaxRecipients = 65'535;

/// The stored form: a version byte, then the fields in order (ipc/codec.h).
std::string encode(const Envelope& envelope);

/// The reverse. kCorrupt for anything that encode() can't have made: another version, lengths beyond the end, no or
/// more than kMaxRecipients recipients, leftovers.
Result<Envelope> decode_envelope(std::string_view bytes);

/// The number of recipients without decoding the rest; 0 if the bytes are no envelope.
std::size_t count_recipients(std::string_view bytes);

}  // namespace postern::spool
