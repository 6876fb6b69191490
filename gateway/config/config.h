#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"

/// What postern.yaml says, as plain values: one struct per section, members named as the YAML keys are. A value made
/// by `Config{}` holds the documented defaults; a value that came out of the loader (config/load.h) was checked against
/// schema.cpp, which holds each key's range, so a daemon need not check again.
///
/// Value types only: copy them freely. A daemon keeps its own copy and swaps it on reload.
namespace postern::config {

/// All times. In the file: "500us", "250ms", "90s", "5m", "12h", "5d".
using Duration = std::chrono::microseconds;
/// All sizes, in bytes. In the file: "512", "64KiB", "25MiB", "1GiB".
using Bytes = std::uint64_t;

/// An address of the box itself with the network it stands in: "10.9.0.1/24".
struct InterfaceAddress {
  IpAddress address;
  unsigned prefix = 128;

  IpNetwork network() const { return IpNetwork::containing(address, prefix); }
  std::string to_string() const;
  bool operator==(const InterfaceAddress&) const = default;
};

// ---------------------------------------------------------------------------------------------------- gateway

enum class LogLevel { kDebug, kInfo, kNotice, kWarning, kError };

/// The box itself.
struct Gateway {
  /// Fully qualified name: in greetings, EHLO, Received, Message-ID, and in the certificate.
  std::string name = "postern.internal";
  /// Folder of everything that must survive a restart. Relative paths of other sections are below it.
  std::string data = "/var/lib/postern";
  /// Folder of the local sockets; ipc/peer.h names them.
  std::string run = "/run/postern";
  /// Least urgent diagnostics that reach the journal. What happens to mail is in the ledger whatever this says.
  LogLevel log_level = LogLevel::kInfo;
  /// Threads for TLS handshakes in postern-submit; 0 means one per processor.
  unsigned workers = 1;
  bool operator==(const Gateway&) const = default;
};

// ---------------------------------------------------------------------------------------------------- network

/// The link to the internet.
struct Wan {
  std::string link = "eth0";
  bool operator==(const Wan&) const = default;
};

/// One local network whose hosts may submit mail after a login.
struct Lan {
  /// Interface on which its connections arrive; others are refused even with a right source address.
  std::string link;
  /// Source addresses that may speak.
  std::vector<IpNetwork> networks;
  /// The network's router. In one-armed mode it is refused: a port-forward there would make the internet look local.
  std::optional<IpAddress> router;
  /// Accepts the router all the same (a weaker guarantee, shown by posternctl status).
  bool accept_router = false;
  bool operator==(const Lan&) const = default;
};

struct Network {
  Wan wan;
  std::vector<Lan> lan;
  /// One network card: wan.link is also the link of a LAN.
  bool one_armed = false;
  bool operator==(const Network&) const = default;
};

// -------------------------------------------------------------------------------------------------------- vpn

enum class VpnImplementation { kAuto, kKernel, kUserspace };

/// The WireGuard tunnel of the remote workers.
struct Vpn {
  std::string link = "wg0";
  /// kAuto: the kernel's where it has one, else wireguard-go.
  VpnImplementation implementation = VpnImplementation::kAuto;
  /// UDP.
  std::uint16_t port = 51820;
  /// "host:port" that client configurations name; empty: gateway.name and port.
  std::string endpoint;
  /// The box's own addresses in the tunnel; devices get addresses of the same networks.
  std::vector<InterfaceAddress> addresses = {{IpAddress::parse("10.9.0.1").value(), 24},
                                             {IpAddress::parse("fd09::1").value(), 64}};
  unsigned mtu = 1420;
  /// PersistentKeepalive in client configurations; 0 leaves it out.
  Duration keepalive = std::chrono::seconds(25);
  /// Name servers in client configurations; empty: none.
  std::vector<IpAddress> dns;
  bool operator==(const Vpn&) const = default;
};

// ------------------------------------------------------------------------------------------------- submission

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
  /// PEM files; the certificate with its chain. Read again when they change.
  std::string certificate = "/var/lib/postern/tls/certificate.pem";
  std::string key = "/var/lib/postern/tls/key.pem";
  TlsVersion minimum = TlsVersion::kTls12;
  /// Key exchange groups in order of preference, OpenSSL names.
  std::string groups = "X25519MLKEM768:X25519:secp256r1:secp384r1";
  /// Cipher list for TLS 1.2, OpenSSL syntax.
  std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
  /// How long a session ticket's key lives; 0: no resumption.
  Duration ticket_lifetime = std::chrono::hours(1);
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

// ------------------------------------------------------------------------------------------------------ login

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

// ------------------------------------------------------------------------------------------------------ spool

/// The durable queue.
struct Spool {
  std::string folder = "/var/lib/postern/spool";
  /// Preallocated size of one log segment.
  Bytes segment_size = 64ULL << 20;
  /// Messages up to this size go into the log; larger ones get a file of their own.
  Bytes inline_limit = 256ULL << 10;
  /// Free disk space below which new mail gets 452.
  Bytes reserve_free = 512ULL << 20;
  /// Messages in the queue, and their size altogether, above which new mail gets 452.
  unsigned max_messages = 100000;
  Bytes max_size = 20ULL << 30;
  /// How long a flush may wait for company; 0: it starts as soon as the one before is done.
  Duration flush_window{0};
  /// Log written since the last checkpoint that starts a new one.
  Bytes checkpoint_every = 256ULL << 20;
  bool operator==(const Spool&) const = default;
};

// ----------------------------------------------------------------------------------------------------- ledger

/// The transaction log.
struct Ledger {
  std::string folder = "/var/lib/postern/ledger";
  /// Size at which a new file is begun.
  Bytes file_size = 64ULL << 20;
  /// Entries are kept at least so long; 0: for ever.
  Duration retention = std::chrono::days(365);
  /// Oldest files go when all are larger than this, retention or not, loudly; 0: no bound.
  Bytes max_size = 10ULL << 30;
  /// A signed checkpoint after so many entries, or so much time with entries.
  unsigned checkpoint_entries = 1000;
  Duration checkpoint_interval = std::chrono::minutes(1);
  /// A fresh signing key after this time; the old one is destroyed.
  Duration epoch = std::chrono::days(1);
  bool operator==(const Ledger&) const = default;
};

// --------------------------------------------------------------------------------------------------- delivery

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

// ----------------------------------------------------------------------------------------------------- people

struct People {
  /// Names, addresses and devices, written by postern-system.
  std::string file = "/var/lib/postern/people/people.json";
  /// Password store of libnss-extrausers: passwd, shadow and group. That module reads no other folder; tests do.
  std::string passwords = "/var/lib/extrausers";
  bool operator==(const People&) const = default;
};

// ------------------------------------------------------------------------------------------------------------

struct Config {
  /// Of the format; always 1.
  unsigned version = 1;
  Gateway gateway;
  Network network;
  Vpn vpn;
  Submission submission;
  Login login;
  Spool spool;
  Ledger ledger;
  Delivery delivery;
  People people;
  bool operator==(const Config&) const = default;
};

}  // namespace postern::config
