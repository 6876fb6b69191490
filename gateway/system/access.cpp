#include "system/access.h"

#include <algorithm>

namespace postern::system {

namespace {

template <class T>
void add_once(std::vector<T>& list, const T& value) {
  if (!std::ranges::contains(list, value)) list.push_back(value);
}

void refuse_routers(LinkAccess& access, const config::Lan& lan, const Links& links) {
  if (lan.router) add_once(access.refused, *lan.router);
  if (const Link* link = find_link(links, lan.link)) {
    for (const auto& router : link->routers) add_once(access.refused, router);
  }
}

}  // namespace

std::vector<IpNetwork> tunnel_networks(const config::Vpn& vpn) {
  std::vector<IpNetwork> networks;
  for (const auto& address : vpn.addresses) add_once(networks, address.network());
  return networks;
}

std::vector<LinkAccess> link_accesses(const config::Config& config, const Links& links) {
  std::vector<LinkAccess> result = {{config.vpn.link, ipc::NetworkKind::kTunnel, tunnel_networks(config.vpn), {}}};
  for (const auto& lan : config.network.lan) {
    auto found = std::ranges::find(result, lan.link, &LinkAccess::link);
    // A LAN entry for the tunnel's own interface must not widen what the tunnel accepts.
    if (found == result.begin()) continue;
    if (found == result.end()) found = result.insert(found, {lan.link, ipc::NetworkKind::kLan, {}, {}});
    for (const auto& network : lan.networks) add_once(found->sources, network);
    if (config.network.one_armed && !lan.accept_router) refuse_routers(*found, lan, links);
  }
  for (auto& access : result) {
    std::ranges::sort(access.sources);
    std::ranges::sort(access.refused);
  }
  return result;
}

}  // namespace postern::system
