#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/secret.h"
#include "identity/people.h"
#include "vpn/key_files.h"

namespace postern::vpn {

/// One device in the tunnel, as the WireGuard interface is to know it.
struct Peer {
  std::string public_key;          ///< base64
  Secret preshared;                ///< base64; empty: none
  std::vector<IpNetwork> allowed;  ///< sources that it may use: single addresses, sorted
};

/// Everybody who may be in the tunnel now: active devices of people who are neither suspended nor expired. Allowed
/// addresses are exactly the device's own (/32, /128), which is what makes a source address in the tunnel as authentic
/// as the key. Sorted by key.
std::vector<Peer> peers_of(const identity::Document& document, const PresharedKeys& preshared, WallTime now);

/// Whether one device may be in the tunnel now.
bool may_connect(const identity::Document& document, const identity::Device& device, WallTime now);

/// The next moment at which peers_of() or a login changes by itself: the earliest expiry after `now`.
std::optional<WallTime> next_expiry(const identity::Document& document, WallTime now);

}  // namespace postern::vpn
