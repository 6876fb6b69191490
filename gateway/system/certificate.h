#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/secret.h"

/// The box's own certificate authority: X.509 (RFC 5280) by OpenSSL, EC P-256. PEM texts in and out; no files here.
namespace postern::system {

/// What a server certificate is to be good for.
struct ServerNames {
  std::vector<std::string> dns;
  std::vector<IpAddress> addresses;
};

/// How long new certificates are good. Mail clients of the big vendors refuse server certificates over 825 days, even
/// from authorities that their owner installed.
inline constexpr auto kAuthorityLifetime = std::chrono::days(3650);
inline constexpr auto kServerLifetime = std::chrono::days(397);

/// A fresh private key, PEM (PKCS #8).
Result<Secret> make_key();

/// A self-signed authority, named after the box, that may sign server certificates and no further authorities.
Result<std::string> make_authority(const Secret& key, const std::string& name, WallTime now);

/// A server certificate, signed by the authority. Its validity begins a day early, for clients whose clock is slow.
Result<std::string> make_server_certificate(const Secret& key, const ServerNames& names, const std::string& authority,
                                            const Secret& authority_key, WallTime now);

/// What a certificate says of itself.
struct CertificateFacts {
  std::string subject;
  std::string issuer;
  std::vector<std::string> dns;
  std::vector<IpAddress> addresses;
  WallTime not_before;
  WallTime not_after;
  std::string fingerprint;  ///< SHA-256 over the DER form, lower-case hexadecimal

  bool covers(const ServerNames& names) const;
};
/// Of the first certificate of a PEM text; kInvalid when there is none.
Result<CertificateFacts> facts_of(const std::string& certificate);

/// Whether the certificate was signed by that authority's key and whether the private key belongs to it.
bool is_signed_by(const std::string& certificate, const std::string& authority);
bool belongs_to(const Secret& key, const std::string& certificate);

}  // namespace postern::system
