#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "config/types.h"

/// The section "certificate" of postern.yaml: where the server's certificate comes from; see config.h.
namespace postern::config {

enum class CertificateSource {
  kOwn,   ///< the box's own authority, or one that was uploaded
  kAcme,  ///< a public authority, by ACME (RFC 8555) with a record in the DNS (DNS-01)
};

/// What the ACME client (lego) needs.
struct Acme {
  /// The authority's directory.
  std::string directory = "https://acme-v02.api.letsencrypt.org/directory";
  /// Where the authority writes before a certificate ends; empty: nowhere.
  std::string email;
  /// How the record is made: lego's name of the provider; rfc2136 is dynamic update with TSIG.
  std::string provider = "rfc2136";
  /// File with NAME=value lines, the settings and secrets of that provider.
  std::string secret_file = "/var/lib/postern/secrets/acme";
  /// PEM file of the authority that signs the directory's own certificate; empty: the system's.
  std::string ca_file;
  /// Name servers that are asked whether the record is there; empty: the system's.
  std::vector<IpEndpoint> resolvers;
  bool operator==(const Acme&) const = default;
};

struct Certificate {
  CertificateSource source = CertificateSource::kOwn;
  /// Names that it is to be good for beside gateway.name.
  std::vector<std::string> names;
  /// The status and the ledger tell of a certificate that ends so soon.
  Duration warn = std::chrono::days(14);
  Acme acme;
  bool operator==(const Certificate&) const = default;
};

}  // namespace postern::config
