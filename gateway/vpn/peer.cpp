#include "vpn/peer.h"

#include <algorithm>

namespace postern::vpn {

bool may_connect(const identity::Document& document, const identity::Device& device, WallTime now) {
  if (!device.in_tunnel() || !device.usable(now)) return false;
  const auto* person = document.person(device.person);
  return person != nullptr && person->state == identity::PersonState::kActive && !person->expired(now);
}

std::vector<Peer> peers_of(const identity::Document& document, const PresharedKeys& preshared, WallTime now) {
  std::vector<Peer> peers;
  for (const auto& device : document.devices) {
    if (!may_connect(document, device, now)) continue;
    Peer peer{device.public_key, {}, {}};
    if (const Secret* key = preshared.find(device.public_key)) peer.preshared = key->clone();
    for (const auto& address : device.addresses) peer.allowed.push_back(IpNetwork::containing(address, address.bits()));
    std::ranges::sort(peer.allowed);
    peers.push_back(std::move(peer));
  }
  std::ranges::sort(peers, {}, &Peer::public_key);
  return peers;
}

std::optional<WallTime> next_expiry(const identity::Document& document, WallTime now) {
  std::optional<WallTime> next;
  const auto consider = [&](const std::optional<WallTime>& time) {
    if (time && *time > now && (!next || *time < *next)) next = time;
  };
  for (const auto& person : document.people) consider(person.expires);
  for (const auto& device : document.devices) consider(device.expires);
  return next;
}

}  // namespace postern::vpn
