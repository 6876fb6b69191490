#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ip.h"
#include "config/config.h"
#include "delivery/tls.h"
#include "smtp/client.h"

namespace postern::delivery {

/// Where mail goes and what must hold there. Immutable; a reload makes another. Today there is one route, the smart
/// host; routes by domain (MX, DANE, MTA-STS) are further values of this type.
struct Route {
  std::string name;                  ///< "smart-host", for ledger and status
  std::string host;                  ///< what is resolved and shown
  std::optional<IpAddress> address;  ///< instead of resolving
  std::uint16_t port = 587;
  std::string hello_name;
  smtp::TlsUse tls = smtp::TlsUse::kRequired;
  /// Checks the server's certificate. Only a route with TlsUse::kNever has none, and none such comes from a
  /// configuration: tests and benchmarks on loopback make them.
  std::shared_ptr<const TlsClient> verifier;
  /// The login. It is sent by smtp::Client alone, and by that only over TLS that the verifier accepted.
  std::optional<smtp::Credentials> credentials;

  /// A copy of the login for one session.
  std::optional<smtp::Credentials> clone_credentials() const;
};
using RoutePtr = std::shared_ptr<const Route>;

/// The smart host of a configuration, or nullptr when it names none. Reads the authorities and the secret (blocking:
/// at start and reload only). Errors name the file.
Result<RoutePtr> smart_host_route(const config::Config& config);

/// The first line of a secret file, without its line end. kInvalid when it is empty or holds a NUL.
Result<Secret> read_secret(const std::string& path);

}  // namespace postern::delivery
