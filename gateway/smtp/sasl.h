#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "smtp/server.h"

/// The server's half of SASL PLAIN (RFC 4616) and LOGIN (as Microsoft's clients and devices speak it), as far as
/// bytes go. Nothing decoded outlives the call but what the result holds.
namespace postern::smtp {

inline constexpr std::size_t kMaxUser = 255;
/// Linux-PAM takes no longer answer (PAM_MAX_RESP_SIZE).
inline constexpr std::size_t kMaxPassword = 512;

struct Login {
  std::string user;
  Secret password;
};

/// The base64 text of one response; RFC 4954: "=" as an initial response means an empty one. The error is
/// Fault::kAuthSyntax.
std::expected<Secret, Fault> decode_response(std::string_view text);

/// PLAIN's one message. kAuthSyntax if it isn't three parts; kAuthIdentity if it asks to act as somebody else;
/// kAuthUser as below.
std::expected<Login, Fault> split_plain(const Secret& message);

/// Name and password as LOGIN gives them. kAuthUser if the name or the password is empty, too long, or not fit to be
/// shown to anything behind (NUL, controls, not UTF-8).
std::expected<Login, Fault> checked_login(std::string_view user, std::string_view password);

/// Overwrites bytes that held credentials.
void wipe(std::span<char> bytes);

}  // namespace postern::smtp
