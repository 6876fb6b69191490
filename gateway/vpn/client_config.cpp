#include "vpn/client_config.h"

#include <format>

namespace postern::vpn {

namespace {

/// "10.9.0.2/32, fd09::2/128".
template <class Addresses, class Address>
std::string host_list(const Addresses& addresses, Address address_of) {
  std::string text;
  for (const auto& entry : addresses) {
    const IpAddress address = address_of(entry);
    text += std::format("{}{}/{}", text.empty() ? "" : ", ", address.to_string(), address.bits());
  }
  return text;
}

std::string interface_section(const config::Vpn& vpn, const identity::Device& device, const Secret& private_key) {
  std::string text = "[Interface]\n";
  text += private_key.empty() ? "# PrivateKey = the one that this device made itself\n"
                              : std::format("PrivateKey = {}\n", private_key.reveal());
  text += std::format("Address = {}\n", host_list(device.addresses, [](const IpAddress& address) { return address; }));
  std::string dns;
  for (const auto& server : vpn.dns) dns += std::format("{}{}", dns.empty() ? "" : ", ", server.to_string());
  if (!dns.empty()) text += std::format("DNS = {}\n", dns);
  return text + std::format("MTU = {}\n", vpn.mtu);
}

}  // namespace

std::string endpoint_of(const config::Config& config) {
  if (!config.vpn.endpoint.empty()) return config.vpn.endpoint;
  return std::format("{}:{}", config.gateway.name, config.vpn.port);
}

Secret client_config(const config::Config& config, const identity::Device& device, const ClientKeys& keys) {
  const auto& vpn = config.vpn;
  std::string interface = interface_section(vpn, device, keys.private_key);
  std::string text = std::format("# Postern: device {} of {}\n{}\n[Peer]\n# {}\nPublicKey = {}\n", device.name,
                                 device.person, interface, config.gateway.name, keys.box_public_key);
  wipe(interface);
  if (!keys.preshared.empty()) text += std::format("PresharedKey = {}\n", keys.preshared.reveal());
  text += std::format("Endpoint = {}\nAllowedIPs = {}\n", endpoint_of(config),
                      host_list(vpn.addresses, [](const config::InterfaceAddress& own) { return own.address; }));
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(vpn.keepalive).count();
  if (keepalive > 0) text += std::format("PersistentKeepalive = {}\n", keepalive);
  return Secret::take(text);
}

}  // namespace postern::vpn
