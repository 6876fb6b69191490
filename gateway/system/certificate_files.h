#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "system/certificate.h"
#include "system/links.h"

namespace postern::system {

/// The names that the box's certificate has to carry: gateway.name, and its addresses in the tunnel and on the LANs.
ServerNames server_names(const config::Config& config, const Links& links);

/// Keeps the TLS files that the configuration names in order (submission.tls). Files that somebody else put there, an
/// uploaded certificate say, are never touched. Otherwise: makes the authority once, and the server certificate when
/// there is none, when it lacks a name, or when a third of its life is left. Keys are made once and kept, so each step
/// replaces one file and a cut between two steps leaves something that the next run completes.
///
/// Besides the configured files: "<data>/tls/ca.pem", for everybody, and "<data>/tls/ca-key.pem", for root alone.
struct CertificateKeeper {
  std::string certificate;    ///< path
  std::string key;            ///< path; readable for root and `reader`
  std::string authority;      ///< path
  std::string authority_key;  ///< path
  gid_t reader = 0;           ///< group of postern-submit

  static CertificateKeeper of(const config::Config& config, gid_t reader);

  enum class Kept {
    kUnchanged,  ///< ours, and good
    kForeign,    ///< somebody else's: not our business
    kRenewed,    ///< a new certificate stands: tell postern-submit
  };
  /// Blocks for a few files and milliseconds of arithmetic.
  Result<Kept> keep(const ServerNames& names, WallTime now) const;
};

}  // namespace postern::system
