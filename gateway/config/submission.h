#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "config/types.h"

/// The sections "submission" and "login" of postern.yaml; see config.h.
namespace postern::config {

/// TCP ports; 0 switches a port off, both must not be.
struct SubmissionPorts {
  /// Implicit TLS (RFC 8314).
  std::uint16_t submissions = 465;
  /// STARTTLS (RFC 6409).
  std::uint16_t submission = 587;
  bool operator==(const SubmissionPorts&) const = default;
};

struct SubmissionLimits {
  /// Whole message as it is stored, header completed (RFC 1870 SIZE).
  Bytes message_size = 50ULL << 20;
  /// Header block as the client sends it.
  Bytes header_size = 256ULL << 10;
  /// Header fields in a message.
  unsigned header_fields = 1000;
  /// Text line of a message without its CRLF; RFC 5322 says 998, real clients send longer ones.
  Bytes line_length = 998;
  /// Command line with CRLF; AUTH lines may have 12288 (RFC 4954).
  Bytes command_length = 2048;
  /// Recipients of one message.
  unsigned recipients = 1000;
  /// 5xx replies in a session before 421 ends it.
  unsigned errors = 10;
  /// Messages of one session before 421 ends it.
  unsigned transactions = 1000;
  /// Open connections: altogether, of one client address, and of those not yet logged in altogether.
  unsigned connections = 5000;
  unsigned connections_per_address = 50;
  unsigned connections_before_login = 1000;
  /// Memory for buffers of all sessions together; above it new connections get 421.
  Bytes memory = 256ULL << 20;
  /// Bytes a second that a message must come in with on average, after its first minute; 0: any pace.
  Bytes minimum_rate = 256;
  bool operator==(const SubmissionLimits&) const = default;
};

struct SubmissionTimeouts {
  Duration tls_handshake = std::chrono::seconds(30);
  /// Waiting for a command (RFC 5321 section 4.5.3.2: at least 5 minutes).
  Duration command = std::chrono::minutes(5);
  /// Waiting for a command before the login.
  Duration before_login = std::chrono::minutes(1);
  /// Waiting for the next piece of a message.
  Duration data = std::chrono::minutes(5);
  /// From DATA to the end of the message, whatever the pace: ends a slow-loris.
  Duration message = std::chrono::hours(1);
  /// Writing a reply to a client that does not read.
  Duration write = std::chrono::minutes(1);
  /// Waiting for the vault's answer to a commit.
  Duration commit = std::chrono::seconds(60);
  /// Whole session.
  Duration session = std::chrono::hours(12);
  bool operator==(const SubmissionTimeouts&) const = default;
};

enum class TlsVersion { kTls12, kTls13 };

/// Server side TLS.
struct Tls {
  /// PEM files; the certificate with its chain. Read again on SIGHUP and when postern-system renews them.
  std::string certificate = "/var/lib/postern/tls/certificate.pem";
  std::string key = "/var/lib/postern/tls/key.pem";
  TlsVersion minimum = TlsVersion::kTls12;
  /// Key exchange groups in order of preference, OpenSSL names.
  std::string groups = "X25519MLKEM768:X25519:secp256r1:secp384r1";
  /// Cipher list for TLS 1.2, OpenSSL syntax.
  std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
  /// How long a session ticket's key lives; 0: no resumption.
  Duration ticket_lifetime = std::chrono::hours(1);
  /// After a TLS 1.3 handshake frames records itself and gives OpenSSL's connection object (28 KiB) back; the ciphers
  /// stay OpenSSL's. False: OpenSSL does all of TLS, and an idle session costs that much more.
  bool own_records = true;
  bool operator==(const Tls&) const = default;
};

/// Receiving mail from the clients.
struct Submission {
  SubmissionPorts ports;
  /// Text after the name in the 220 greeting.
  std::string greeting = "Postern ESMTP";
  SubmissionLimits limits;
  SubmissionTimeouts timeouts;
  Tls tls;
  /// Leaves the client's address, EHLO name, person and device out of Received; the ledger always has them.
  bool hide_client_address = true;
  /// Takes MAIL FROM:<> from people who are logged in (their programs' read receipts); From must still be theirs.
  bool allow_null_sender = false;
  bool operator==(const Submission&) const = default;
};

/// Whether a login from the tunnel is good only from a device of the same person.
enum class Binding { kStrict, kOff };
/// kAny: any person may log in from a LAN address; kStrict: only from a LAN device bound to that person.
enum class LanBinding { kAny, kStrict };

/// Verified passwords remembered as keyed MACs, so that not each login costs a hash.
struct LoginCache {
  /// 0 switches the cache off.
  Duration lifetime = std::chrono::minutes(10);
  unsigned entries = 10000;
  bool operator==(const LoginCache&) const = default;
};

/// Own throttling in front of PAM, by account and source together, so that guesses from elsewhere don't lock out.
struct LoginThrottle {
  /// Failures of one account from one source (device or address) within window before it must wait.
  unsigned per_account = 5;
  /// Failures of one source over all accounts within window before it must wait.
  unsigned per_source = 20;
  /// Failures of one account over all sources within window before it must wait once; sources that it succeeded from,
  /// and its own devices, never wait for this.
  unsigned per_account_everywhere = 50;
  Duration window = std::chrono::minutes(15);
  /// First wait; doubles with each further failure up to maximum_wait.
  Duration wait = std::chrono::seconds(30);
  Duration maximum_wait = std::chrono::hours(1);
  /// Accounts and sources remembered.
  unsigned entries = 50000;
  bool operator==(const LoginThrottle&) const = default;
};

struct Login {
  /// Name of the PAM service (file in /etc/pam.d).
  std::string pam_service = "postern";
  Binding binding = Binding::kStrict;
  LanBinding lan_binding = LanBinding::kAny;
  /// Failed AUTH commands in one session before 421 ends it.
  unsigned attempts = 3;
  /// PAM conversations at one time, and how many more may wait for one.
  unsigned pool = 4;
  unsigned waiting = 256;
  /// For one PAM conversation, waiting included; then 454.
  Duration timeout = std::chrono::seconds(10);
  /// All failures are answered after this time, whatever the reason.
  Duration failure_delay = std::chrono::seconds(2);
  LoginCache cache;
  LoginThrottle throttle;
  bool operator==(const Login&) const = default;
};

}  // namespace postern::config
