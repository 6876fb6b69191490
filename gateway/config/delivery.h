#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "config/types.h"

/// The section "delivery" of postern.yaml; see config.h.
namespace postern::config {

enum class SmartHostTls { kStartTls, kImplicit };
/// kCa: certificate chain and host name; kFingerprint: the certificate or its public key, nothing else.
enum class SmartHostVerify { kCa, kFingerprint };

/// The server that all mail goes to.
struct SmartHost {
  /// Host name: what is resolved, sent as SNI and looked for in the certificate. Empty: none, mail waits.
  std::string host;
  /// Connect to this address instead of resolving the name.
  std::optional<IpAddress> address;
  std::uint16_t port = 587;
  SmartHostTls tls = SmartHostTls::kStartTls;
  SmartHostVerify verify = SmartHostVerify::kCa;
  /// PEM file of the accepted authorities; empty: those of the system.
  std::string ca_file;
  /// SHA-256 of the certificate, or of its public key (SubjectPublicKeyInfo), each in DER: 64 hexadecimal digits,
  /// lower case, no colons.
  std::string fingerprint;
  /// Login; empty: none. The secret file's first line is the password.
  std::string user;
  std::string secret_file = "/var/lib/postern/secrets/smart-host";
  bool operator==(const SmartHost&) const = default;
};

struct DeliveryTimeouts {
  Duration connect = std::chrono::seconds(30);
  /// TLS handshake.
  Duration tls = std::chrono::seconds(30);
  Duration greeting = std::chrono::minutes(5);
  /// Reply to EHLO, AUTH, MAIL, RCPT, DATA.
  Duration command = std::chrono::minutes(5);
  /// Writing the next piece of a message.
  Duration data = std::chrono::minutes(3);
  /// Reply to the end of the message.
  Duration data_end = std::chrono::minutes(10);
  /// How long an unused connection is kept.
  Duration idle = std::chrono::seconds(30);
  /// How long deliveries under way may go on when postern-deliver is told to stop.
  Duration stop = std::chrono::seconds(20);
  bool operator==(const DeliveryTimeouts&) const = default;
};

/// Wait before the next attempt: first, then times factor each time up to maximum, spread by +- jitter.
struct DeliveryRetry {
  Duration first = std::chrono::minutes(5);
  double factor = 2.0;
  Duration maximum = std::chrono::hours(4);
  /// Share of the wait, 0 to 0.9.
  double jitter = 0.2;
  /// Wait before a server that could not be reached (or refused the login, or its certificate did not fit) is tried
  /// again, whatever is due for it: first, then doubled each time up to maximum.
  Duration route_first = std::chrono::seconds(2);
  Duration route_maximum = std::chrono::minutes(5);
  bool operator==(const DeliveryRetry&) const = default;
};

/// kReport: to the submitter's own registered mailbox; kLedger: in the ledger only.
enum class OnFailure { kReport, kLedger };

/// Sending mail on.
struct Delivery {
  SmartHost smart_host;
  /// Connections at one time.
  unsigned concurrency = 20;
  /// Messages on one connection before it is closed.
  unsigned messages_per_connection = 100;
  /// Recipients in one transaction; the server's own limit (RFC 9422 LIMITS) may lower it.
  unsigned recipients_per_transaction = 100;
  DeliveryTimeouts timeouts;
  DeliveryRetry retry;
  /// Recipients that could not be served until then have failed.
  Duration expire = std::chrono::days(5);
  OnFailure on_failure = OnFailure::kReport;
  bool operator==(const Delivery&) const = default;
};

}  // namespace postern::config
