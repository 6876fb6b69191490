#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "config/certificate.h"
#include "config/delivery.h"
#include "config/gate.h"
#include "config/panel.h"
#include "config/public_address.h"
#include "config/submission.h"
#include "config/types.h"

/// What postern.yaml says, as plain values: one struct per section, members named as the YAML keys are. A value made
/// by `Config{}` holds the documented defaults; a value that came out of the loader (config/load.h) was checked against
/// schema.cpp, which holds each key's range, so a daemon need not check again.
///
/// Value types only: copy them freely. A daemon keeps its own copy and swaps it on reload.
namespace postern::config {

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
  Gate gate;
  Vpn vpn;
  PublicAddress public_address;
  Certificate certificate;
  Panel panel;
  Submission submission;
  Login login;
  Spool spool;
  Ledger ledger;
  Delivery delivery;
  People people;
  bool operator==(const Config&) const = default;
};

}  // namespace postern::config
