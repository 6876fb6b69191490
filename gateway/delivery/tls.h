#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;
struct evp_pkey_st;
struct x509_st;

namespace postern::delivery {

/// How a server proves that it is the one we mean.
enum class TlsTrust {
  kCa,           ///< its chain leads to an accepted authority, and it holds the name
  kFingerprint,  ///< it is exactly this certificate, or holds exactly this key; name and dates don't matter
};

/// What a TLS client accepts.
struct TlsPolicy {
  TlsTrust trust = TlsTrust::kCa;
  /// DNS name or IP address to be found in the certificate's subjectAltName (RFC 6125; the common name is not looked
  /// at). A DNS name is also sent as SNI.
  std::string name;
  /// PEM file of the accepted authorities; empty: those of the system.
  std::string ca_file;
  /// For kFingerprint: SHA-256, 64 lower-case hexadecimal digits, of the certificate (DER) or of its public key
  /// (SubjectPublicKeyInfo, DER), which survives a renewal.
  std::string fingerprint;
};

/// What a handshake came to; for the ledger.
struct TlsFacts {
  std::string version;      ///< "TLSv1.3"
  std::string cipher;       ///< "TLS_AES_256_GCM_SHA384"
  std::string group;        ///< key exchange: "X25519MLKEM768"; empty if the version has none
  std::string verified;     ///< "ca" or "fingerprint"; empty: not verified
  std::string peer;         ///< the name that was found in the certificate, else its subject
  std::string fingerprint;  ///< SHA-256 of the peer's certificate
};

struct SslDeleter {
  void operator()(ssl_st* ssl) const;
};
using SslHandle = std::unique_ptr<ssl_st, SslDeleter>;

/// A policy with its authorities loaded: makes verified client handshakes. There is no way to make one that does not
/// verify. TLS 1.2 at least; hybrid post-quantum groups first (OpenSSL's default order).
///
/// Immutable after create(); sessions made from it may outlive it.
class TlsClient {
 public:
  /// Reads the authorities' file (blocking). kInvalid for a bad fingerprint, name or file.
  static Result<TlsClient> create(TlsPolicy policy);

  /// A client handshake to be run on a connected, non-blocking socket, which the caller keeps and closes.
  Result<SslHandle> start(int fd) const;

  const TlsPolicy& policy() const { return *policy_; }

 private:
  struct ContextDeleter {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, ContextDeleter>;
  TlsClient(std::unique_ptr<TlsPolicy> policy, Context context)
      : policy_(std::move(policy)), context_(std::move(context)) {}

  std::unique_ptr<TlsPolicy> policy_;  // at a fixed address: the context points to it
  Context context_;
};

/// The facts of a finished handshake. `verified` is empty unless OpenSSL's own verdict is "ok" and a certificate is
/// there: the flag that decides about sending a password.
TlsFacts tls_facts(ssl_st* ssl, const TlsPolicy& policy);

/// The reason for a failed handshake, in words: the certificate's fault if that was it, else OpenSSL's error queue,
/// which is emptied.
std::string tls_error(ssl_st* ssl);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string certificate_fingerprint(x509_st* certificate);
std::string key_fingerprint(x509_st* certificate);

}  // namespace postern::delivery
