#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "vpn/status.h"

namespace postern::vpn {

/// What has to change on the interface so that it knows exactly the wanted peers. Peers that are as they should be are
/// not named at all, so nothing of theirs (session keys, roaming endpoint, counters) is touched.
struct Plan {
  /// Public keys to remove, first: an address may move from one peer to another.
  std::vector<std::string> remove;
  /// Input of `wg addconf`: whole [Peer] sections of those to add or change. Empty: none.
  Secret add;
  std::size_t added = 0;

  bool empty() const { return remove.empty() && add.empty(); }
};

Plan plan(const TunnelStatus& current, const std::vector<Peer>& wanted);

/// Input of `wg setconf` for an interface that was just made: the box's key and port, no peers.
Secret interface_text(const Secret& private_key, std::uint16_t port);

}  // namespace postern::vpn
