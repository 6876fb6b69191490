#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "config/config.h"
#include "identity/people.h"

namespace postern::vpn {

/// What a device's configuration needs beside the device itself.
struct ClientKeys {
  std::string_view box_public_key;
  const Secret& preshared;    ///< empty: none
  const Secret& private_key;  ///< of the device; empty: the device made its own key and fills it in itself
};

/// The device's configuration in wg-quick's format, which every WireGuard app reads from a file or a QR code. By
/// default the tunnel carries traffic to the box's own tunnel addresses and nothing else (AllowedIPs /32 and /128).
/// Holds secrets: shown once, never stored.
Secret client_config(const config::Config& config, const identity::Device& device, const ClientKeys& keys);

/// "host:port" that devices connect to: vpn.endpoint, or the gateway's name with the port.
std::string endpoint_of(const config::Config& config);

}  // namespace postern::vpn
