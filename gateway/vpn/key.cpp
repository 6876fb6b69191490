#include "vpn/key.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/encoding.h"
#include "base/random.h"

namespace postern::vpn {

namespace {

constexpr std::size_t kKeySize = 32;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using OwnedKey = std::unique_ptr<EVP_PKEY, FreeKey>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Result<std::string> public_half(std::string_view private_bytes) {
  const OwnedKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes_of(private_bytes), private_bytes.size()));
  std::array<unsigned char, kKeySize> bytes{};
  std::size_t length = bytes.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &length) != 1 || length != kKeySize) {
    return fail(ErrorCode::kInternal, "OpenSSL can't compute an X25519 public key");
  }
  return base64_encode({reinterpret_cast<const char*>(bytes.data()), length});
}

}  // namespace

Result<KeyPair> generate_key_pair() {
  std::string bytes = random_bytes(kKeySize);
  // RFC 7748 section 5: every user of the key does this anyway; doing it here makes the text the canonical one.
  bytes.front() = static_cast<char>(static_cast<unsigned char>(bytes.front()) & 0xF8U);
  bytes.back() = static_cast<char>((static_cast<unsigned char>(bytes.back()) & 0x7FU) | 0x40U);
  auto public_key = public_half(bytes);
  std::string text = base64_encode(bytes);
  wipe(bytes);
  if (!public_key) {
    wipe(text);
    return fail(public_key.error());
  }
  return KeyPair{Secret::take(text), std::move(*public_key)};
}

Result<std::string> public_key_of(const Secret& private_key) {
  auto bytes = base64_decode(private_key.reveal());
  if (!bytes || bytes->size() != kKeySize) return fail(ErrorCode::kInvalid, "not a WireGuard private key");
  auto public_key = public_half(*bytes);
  wipe(*bytes);
  return public_key;
}

Secret generate_preshared_key() {
  std::string bytes = random_bytes(kKeySize);
  std::string text = base64_encode(bytes);
  wipe(bytes);
  return Secret::take(text);
}

bool is_key(std::string_view text) {
  auto bytes = base64_decode(text);
  const bool good = bytes && bytes->size() == kKeySize;
  if (bytes) wipe(*bytes);
  return good;
}

}  // namespace postern::vpn
