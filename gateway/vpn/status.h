#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "vpn/peer.h"

namespace postern::vpn {

/// One peer as the interface reports it.
struct PeerStatus {
  Peer peer;
  std::optional<IpEndpoint> endpoint;  ///< where it was last heard from, outside the tunnel
  std::optional<WallTime> handshake;   ///< the latest; none yet
  std::uint64_t received = 0;          ///< bytes
  std::uint64_t sent = 0;              ///< bytes
  unsigned keepalive = 0;              ///< seconds between packets that the box itself sends; 0: none
};

/// The whole interface.
struct TunnelStatus {
  std::string public_key;  ///< empty: the interface has no key yet
  std::uint16_t port = 0;
  std::vector<PeerStatus> peers;  ///< sorted by key
};

/// Reads what `wg show LINK dump` printed. The text holds secrets: wipe it afterwards. kProtocol for anything that is
/// not of that form.
Result<TunnelStatus> parse_dump(std::string_view dump);

/// How a person would call it: WireGuard renews a session's keys after 120 s and refuses old ones after 180 s, so a
/// peer with a younger handshake is there or was within a minute.
enum class Presence : std::uint8_t { kNever, kIdle, kActive };
Presence presence_of(const PeerStatus& status, WallTime now);
/// "never", "idle", "active".
std::string_view to_string(Presence presence);

}  // namespace postern::vpn
