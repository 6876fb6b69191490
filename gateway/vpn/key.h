#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

/// WireGuard's keys: Curve25519 (RFC 7748), 32 bytes, in base64 wherever they are text. Made on the box by OpenSSL.
namespace postern::vpn {

/// Both halves, base64.
struct KeyPair {
  Secret private_key;
  std::string public_key;
};

/// A fresh pair; the private half is clamped as `wg genkey` does.
Result<KeyPair> generate_key_pair();

/// The public half that belongs to a private one; kInvalid unless it is 32 bytes in base64.
Result<std::string> public_key_of(const Secret& private_key);

/// 256 random bits, base64: mixed into the handshake, so that a recorded tunnel stays closed to a quantum computer.
Secret generate_preshared_key();

/// Whether the text is 32 bytes in base64, as every key is.
bool is_key(std::string_view text);

}  // namespace postern::vpn
