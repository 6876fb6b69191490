#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "submission/ticket_keys.h"

namespace postern::submission {

/// Certificate, key and policy of the server side of TLS, ready for connections. Never changed once loaded: a new
/// certificate makes a new context, and the connections that stand keep theirs.
///
/// Policy: TLS 1.2 or 1.3 as configured, the configured groups in the server's order, AEAD ciphers with forward
/// secrecy, no renegotiation, no compression, no 0-RTT, tickets by TicketKeys. A client that offers ALPN must offer
/// "smtp": that a browser was lured here with a request made for another protocol is then noticed in the handshake.
/// Thread-safe.
class TlsContext {
 public:
  /// Reads the files. Errors name the file and what is wrong with it: kNotFound, kPermission, kInvalid (no PEM, key
  /// and certificate don't belong together, an unknown group or cipher).
  static Result<std::shared_ptr<const TlsContext>> load(const config::Tls& tls, std::shared_ptr<TicketKeys> tickets);

  SSL_CTX* native() const { return context_.get(); }
  /// Whether TLS 1.3 connections go on with Records after the handshake.
  bool own_records() const { return own_records_; }
  /// SHA-256 of the certificate, lower-case hexadecimal.
  const std::string& fingerprint() const { return fingerprint_; }
  /// The certificate's subject, for people.
  const std::string& subject() const { return subject_; }
  /// When it ends to be valid.
  WallTime not_after() const { return not_after_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  TlsContext() = default;
  Result<void> set_policy(const config::Tls& tls);
  Result<void> set_certificate(const config::Tls& tls);
  /// Lets Tls have the traffic secrets of TLS 1.3 (defined beside it).
  void tell_secrets();

  std::shared_ptr<TicketKeys> tickets_;
  std::unique_ptr<SSL_CTX, Free> context_;
  bool own_records_ = true;
  std::string fingerprint_;
  std::string subject_;
  WallTime not_after_{};
};

/// What OpenSSL's error queue holds, oldest first, for a person; empties the queue.
std::string openssl_errors();

}  // namespace postern::submission
