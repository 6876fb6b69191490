#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

namespace postern::submission {

/// The TLS 1.3 cipher suites that we speak (RFC 8446 appendix B.4).
enum class Suite : std::uint16_t {
  kAes128GcmSha256 = 0x1301,
  kAes256GcmSha384 = 0x1302,
  kChaCha20Poly1305Sha256 = 0x1303,
};

inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kMaxSecret = 48;
inline constexpr std::size_t kMaxKey = 32;

/// One direction's traffic secret and what follows from it (RFC 8446 section 7.3): key, static nonce part, and the
/// number of the next record. Wipes itself; not copied.
class TrafficKeys {
 public:
  /// `secret` has the length of the suite's hash. kInternal when the crypto library fails.
  static Result<TrafficKeys> derive(Suite suite, std::string_view secret, std::uint64_t sequence);
  TrafficKeys() = default;
  TrafficKeys(const TrafficKeys&) = delete;
  TrafficKeys& operator=(const TrafficKeys&) = delete;
  TrafficKeys(TrafficKeys&& other) noexcept;
  TrafficKeys& operator=(TrafficKeys&& other) noexcept;
  ~TrafficKeys();

  /// The keys after a KeyUpdate (section 7.2).
  Result<TrafficKeys> next() const;

  Suite suite() const { return suite_; }
  std::span<const unsigned char> key() const { return {key_.data(), key_size_}; }
  /// The nonce for the next record (section 5.3); counts on. A direction never gets near 2^64 records.
  std::array<unsigned char, kNonceSize> take_nonce();
  std::uint64_t sequence() const { return sequence_; }
  /// Differs from that of all other keys of this process: whether a cipher context is set up for these keys.
  std::uint64_t serial() const { return serial_; }

 private:
  void wipe();

  Suite suite_{};
  std::uint8_t secret_size_ = 0;
  std::uint8_t key_size_ = 0;
  std::array<unsigned char, kMaxSecret> secret_{};
  std::array<unsigned char, kMaxKey> key_{};
  std::array<unsigned char, kNonceSize> iv_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t serial_ = 0;
};

/// One AEAD context of the crypto library, lent to whoever has a record to open or seal: the sessions keep only their
/// keys. Not thread-safe; one a worker and direction.
class Aead {
 public:
  enum class Direction { kOpen, kSeal };
  explicit Aead(Direction direction);
  ~Aead();
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;

  /// Decrypts ciphertext and tag (`in`) to `out`, which has room for in.size() - kTagSize. False: it was tampered with
  /// (or the keys don't fit).
  bool open(TrafficKeys& keys, std::span<const unsigned char> header, std::span<const unsigned char> in,
            unsigned char* out);
  /// Encrypts to `out`, which has room for in.size() + kTagSize and may be the same memory.
  bool seal(TrafficKeys& keys, std::span<const unsigned char> header, std::span<const unsigned char> in,
            unsigned char* out);

 private:
  bool prepare(TrafficKeys& keys);

  const Direction direction_;
  EVP_CIPHER_CTX* context_;
  std::uint64_t serial_ = 0;
};

}  // namespace postern::submission
