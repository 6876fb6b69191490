#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postern::smtp {

/// Octets, RFC 5321 section 4.5.3.1 (a path is 256 with its angle brackets).
inline constexpr std::size_t kMaxLocalPart = 64;
inline constexpr std::size_t kMaxDomain = 255;
inline constexpr std::size_t kMaxMailbox = 254;

/// Whether addresses may hold UTF-8 (RFC 6531) or must be ASCII.
enum class Charset { kAscii, kUtf8 };

/// One mail address: RFC 5321 section 4.1.2 Mailbox, with RFC 6531 when asked. It can only be made by the strict
/// parser, so whoever holds a Mailbox need not check it again: no control, no CR or LF, no NUL, valid UTF-8.
///
/// Held in one normal form, so that two spellings of one address are equal: needless quotes are gone
/// ("alice"@x is alice@x), quoted pairs are minimal, the domain is in lower case (ASCII letters only; U-labels are
/// kept as they came). The local part keeps its case.
class Mailbox {
 public:
  /// "local@domain", without angle brackets, comments or blanks. Errors are kInvalid and say what is wrong; the text
  /// of a non-ASCII address where ASCII is asked gives kPermission, since RFC 6531 wants another reply for it.
  static Result<Mailbox> parse(std::string_view text, Charset charset = Charset::kUtf8);

  /// The normal form, ready for the wire.
  const std::string& text() const { return text_; }
  /// As on the wire, in quotes where the grammar needs them.
  std::string_view local() const { return std::string_view(text_).substr(0, at_); }
  /// What the local part means: without quotes and quoted pairs.
  std::string local_unquoted() const;
  /// Lower case; an address literal keeps its brackets.
  std::string_view domain() const { return std::string_view(text_).substr(at_ + 1); }
  bool is_literal() const { return text_[at_ + 1] == '['; }
  bool is_ascii() const { return ascii_; }

  /// Same mailbox: local parts compared with case (RFC 5321 section 2.4), domains without.
  friend bool operator==(const Mailbox& a, const Mailbox& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Mailbox& a, const Mailbox& b) { return a.text_ <=> b.text_; }

 private:
  Mailbox(std::string text, std::size_t at, bool ascii) : text_(std::move(text)), at_(at), ascii_(ascii) {}

  std::string text_;
  std::size_t at_;
  bool ascii_;
};

/// Whether the text is a Domain of RFC 5321 section 4.1.2: letter-digit-hyphen labels of 1 to 63 octets, no final
/// dot; with kUtf8 also U-labels (not checked against IDNA, but no control and none of the dots that IDNA maps).
bool is_domain(std::string_view text, Charset charset = Charset::kAscii);

/// Whether the text is an address literal: "[192.0.2.1]" or "[IPv6:2001:db8::1]". Other literals don't exist here.
bool is_address_literal(std::string_view text);

}  // namespace postern::smtp
