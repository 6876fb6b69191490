#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "config/config.h"
#include "ipc/auth_messages.h"
#include "system/links.h"

namespace postern::system {

/// Who may speak on one interface: what the firewall, the listeners and postern-submit's gate all enforce, worked out
/// in one place so that the three can't disagree.
struct LinkAccess {
  std::string link;
  ipc::NetworkKind kind = ipc::NetworkKind::kTunnel;
  std::vector<IpNetwork> sources;
  std::vector<IpAddress> refused;

  bool operator==(const LinkAccess&) const = default;
};

/// The tunnel first, then each LAN interface (several networks on one interface are one entry). In one-armed mode a
/// LAN's router is refused, the configured one and those that the routing table names, unless accept_router is set:
/// a port-forward that rewrites sources would make the whole internet look like the router.
std::vector<LinkAccess> link_accesses(const config::Config& config, const Links& links);

/// The networks that the box's tunnel addresses stand in.
std::vector<IpNetwork> tunnel_networks(const config::Vpn& vpn);

}  // namespace postern::system
