#include "vpn/plan.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

namespace postern::vpn {

namespace {

bool same(const PeerStatus& current, const Peer& wanted) {
  return current.peer.allowed == wanted.allowed && current.keepalive == 0 &&
         constant_time_equal(current.peer.preshared.reveal(), wanted.preshared.reveal());
}

/// A whole section: `wg` replaces everything but endpoint, session and counters of a peer that is there already.
std::string section(const Peer& peer) {
  std::string text = std::format("[Peer]\nPublicKey = {}\n", peer.public_key);
  if (!peer.preshared.empty()) text += std::format("PresharedKey = {}\n", peer.preshared.reveal());
  std::string allowed;
  for (const auto& network : peer.allowed) {
    allowed += std::format("{}{}/{}", allowed.empty() ? "" : ", ", network.base().to_string(), network.prefix());
  }
  return text + std::format("AllowedIPs = {}\n", allowed);
}

}  // namespace

Plan plan(const TunnelStatus& current, const std::vector<Peer>& wanted) {
  std::map<std::string_view, const PeerStatus*> known;
  for (const auto& status : current.peers) known.emplace(status.peer.public_key, &status);
  std::set<std::string_view> staying;
  Plan result;
  std::string add;
  for (const auto& peer : wanted) {
    staying.insert(peer.public_key);
    const auto found = known.find(peer.public_key);
    if (found != known.end() && same(*found->second, peer)) continue;
    std::string text = section(peer);
    add += text;
    wipe(text);
    ++result.added;
  }
  for (const auto& [key, status] : known) {
    if (!staying.contains(key)) result.remove.emplace_back(key);
  }
  result.add = Secret::take(add);
  return result;
}

Secret interface_text(const Secret& private_key, std::uint16_t port) {
  std::string text = std::format("[Interface]\nPrivateKey = {}\nListenPort = {}\n", private_key.reveal(), port);
  return Secret::take(text);
}

}  // namespace postern::vpn
