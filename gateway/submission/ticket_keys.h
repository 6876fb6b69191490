#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace postern::submission {

/// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1). They live in memory only, a new
/// one takes over after half of the lifetime, and one that is older than the lifetime opens nothing any more: tickets
/// weaken forward secrecy for as long as their key lives.
///
/// A resumed session has all its rights still to earn: the login is a matter of SMTP, not of TLS.
/// Thread-safe; one ring serves every context, so that a new certificate does not end resumption.
class TicketKeys {
 public:
  /// `lifetime` 0: no tickets at all.
  explicit TicketKeys(std::chrono::microseconds lifetime, const Clock& clock = Clock::system());
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  bool enabled() const { return lifetime_.count() > 0; }
  std::chrono::microseconds lifetime() const { return lifetime_; }
  /// Makes a context seal its tickets with this ring, which must outlive the context's connections.
  void install(SSL_CTX* context);

 private:
  static constexpr std::size_t kNameSize = 16;
  static constexpr std::size_t kKeySize = 32;
  struct Key {
    std::array<unsigned char, kNameSize> name;
    std::array<unsigned char, kKeySize> cipher;
    std::array<unsigned char, kKeySize> mac;
    MonoTime born;
  };

  static int callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                      int encrypt);
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  /// Drops what is too old and makes a new key when it is time.
  void rotate(MonoTime now);

  const std::chrono::microseconds lifetime_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<Key> keys_;  ///< the newest last
};

}  // namespace postern::submission
