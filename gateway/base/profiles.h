#pragma once

#include <string>

#include "base/confine.h"

/// What each daemon may do, in one place. A daemon's main() calls confine(profile) when it has made its folders and
/// bound its sockets' folder, before the first thread.
namespace postern::profiles {

/// Where this installation keeps things; from the configuration.
struct Places {
  std::string config = "/etc/postern/postern.yaml";
  std::string data = "/var/lib/postern";
  std::string run = "/run/postern";
};

/// Parses hostile bytes: serves connections on listening sockets that it is handed, can make no network socket, write
/// no file, load no code. Re-reads configuration, certificate and key.
Confinement submit(const Places& places);

/// Runs PAM: no network; reads the people; may load PAM modules and run the helpers that they bring.
Confinement auth(const Places& places);

/// Writes spool and ledger, its only folders; no network, no code.
Confinement vault(const Places& places);

/// Connects to the world; writes nothing.
Confinement deliver(const Places& places);

/// Root, bounded: addresses, tunnel, packet filter, people. Runs ip, wg, nft and wireguard-go.
Confinement system(const Places& places);

}  // namespace postern::profiles
