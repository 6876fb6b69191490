#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ip.h"
#include "config/types.h"

/// The section "public_address" of postern.yaml: how the box learns the address that the internet knows it by, and
/// whom it tells; see config.h. By default nobody is asked and nobody is told.
namespace postern::config {

enum class AddressQuestion {
  kNone,    ///< only the WAN's own address is looked at
  kDns,     ///< a name server that answers with the asker's address
  kRouter,  ///< the office router, by UPnP
};

enum class DynamicDns {
  kNone,
  kUpdate,    ///< RFC 2136 with TSIG (RFC 8945), by nsupdate
  kProvider,  ///< one of the usual providers, by inadyn
};

enum class PortMapping { kNone, kUpnp, kNatPmp };

/// What is asked for the address.
struct AddressDetection {
  AddressQuestion ask = AddressQuestion::kNone;
  /// For `dns`: the server, and the name whose A record is the asker's address.
  std::optional<IpAddress> server;
  std::string name;
  Duration interval = std::chrono::minutes(5);
  bool operator==(const AddressDetection&) const = default;
};

struct DynamicName {
  DynamicDns method = DynamicDns::kNone;
  /// The name that follows the address; empty: the host of vpn.endpoint, else gateway.name.
  std::string name;
  unsigned ttl = 60;
  /// For `update`: who takes it, and the zone; empty: nsupdate finds it out.
  std::optional<IpEndpoint> server;
  std::string zone;
  /// For `update` the TSIG key as nsupdate reads it (key "name" { algorithm ...; secret ...; };); for `provider` the
  /// lines username = ... and password = ... of inadyn's configuration.
  std::string secret_file = "/var/lib/postern/secrets/dynamic-dns";
  /// For `provider`: inadyn's name of it, such as default@freedns.afraid.org.
  std::string provider;
  bool operator==(const DynamicName&) const = default;
};

struct PublicAddress {
  AddressDetection detection;
  DynamicName dynamic_dns;
  /// Asks the office router to forward the VPN's port here.
  PortMapping port_mapping = PortMapping::kNone;
  bool operator==(const PublicAddress&) const = default;
};

}  // namespace postern::config
