#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "smtp/address.h"

namespace postern::smtp {

/// RFC 6152 BODY parameter. BINARYMIME is not offered. k7Bit is only what the client said (or said nothing):
/// devices send 8-bit content without declaring it, so it is no promise about the content.
enum class Body : std::uint8_t { k7Bit, k8BitMime };

/// RFC 3461 section 4.3 RET parameter.
enum class DsnReturn : std::uint8_t { kUnset, kFull, kHeaders };

/// RFC 3461 section 4.1 NOTIFY parameter. All false: not given. `never` excludes the others.
struct Notify {
  bool never = false;
  bool success = false;
  bool failure = false;
  bool delay = false;

  bool given() const { return never || success || failure || delay; }
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// RFC 3461 section 4.2 ORCPT (and RFC 6533): address type in lower case, address decoded from xtext or
/// utf-8-addr-unitext. Printable text only.
struct OriginalRecipient {
  std::string type;
  std::string address;

  friend bool operator==(const OriginalRecipient&, const OriginalRecipient&) = default;
};

/// RFC 5321 reverse-path: a mailbox, or none for "<>".
using ReversePath = std::optional<Mailbox>;

/// What MAIL said.
struct Sender {
  ReversePath path;
  std::optional<std::uint64_t> size;  ///< RFC 1870, octets, as declared; SIZE=0 counts as not given
  Body body = Body::k7Bit;
  bool smtputf8 = false;  ///< RFC 6531
  DsnReturn ret = DsnReturn::kUnset;
  std::string envid;  ///< RFC 3461 section 4.4, decoded, at most 100 printable ASCII characters; empty: not given

  friend bool operator==(const Sender&, const Sender&) = default;
};

/// What one RCPT said.
struct Recipient {
  Mailbox mailbox;
  Notify notify;
  std::optional<OriginalRecipient> original;

  friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// One mail transaction's addresses.
struct Envelope {
  Sender sender;
  std::vector<Recipient> recipients;

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// "<>" or "<alice@example.org>".
std::string to_string(const ReversePath& path);
/// "NEVER" or "SUCCESS,FAILURE"; empty if not given.
std::string to_string(const Notify& notify);

}  // namespace postern::smtp
