#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

/// The grammars of everything in people.json that reaches another program: PAM, the password store, WireGuard, mail.
/// What does not match is refused here, so that nothing downstream has to escape it.
namespace postern::identity {

inline constexpr std::size_t kMaxPersonName = 32;
inline constexpr std::size_t kMaxDeviceName = 63;
inline constexpr std::size_t kMaxFullName = 128;
/// RFC 4616 sets no bound; PAM does (PAM_MAX_RESP_SIZE is 512) and so does crypt(3).
inline constexpr std::size_t kMaxPassword = 256;

/// [a-z_][a-z0-9_.-]{0,31}: can't be an option, a path, a number or hold a colon.
bool is_person_name(std::string_view text);
/// [a-z0-9][a-z0-9_.-]{0,62}.
bool is_device_name(std::string_view text);
/// What people call the person: UTF-8 without controls, colon or comma (they part fields of the password store).
bool is_full_name(std::string_view text);
/// A WireGuard public key: 32 bytes as base64 with padding, and not all zero.
bool is_public_key(std::string_view text);
/// A hardware address (EUI-48) in one form: "00:11:22:aa:bb:cc"; '-' between the bytes and capitals are understood.
/// Empty for anything else, for the null address, and for those that name a group of hosts.
std::string normal_mac(std::string_view text);
/// What PAM can be asked about: 1 to 256 bytes without NUL.
bool is_password(std::string_view bytes);

/// A mail address that a person may use, in one form: the domain in lower case. "*@domain" stands for all of a domain.
/// kInvalid says what is wrong.
Result<std::string> normal_address(std::string_view text);
inline bool is_wildcard(std::string_view address) { return address.starts_with("*@"); }

}  // namespace postern::identity
