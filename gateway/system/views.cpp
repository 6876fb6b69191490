#include "system/views.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "vpn/client_config.h"

namespace postern::system {

namespace json = http::json;

namespace {

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

json::array texts(const auto& entries, auto to_text) {
  json::array array;
  for (const auto& entry : entries) array.emplace_back(to_text(entry));
  return array;
}

json::array address_texts(const std::vector<IpAddress>& addresses) {
  return texts(addresses, [](const IpAddress& address) { return address.to_string(); });
}

json::object live_view(const vpn::PeerStatus& live, WallTime now) {
  json::object view;
  view["presence"] = vpn::to_string(vpn::presence_of(live, now));
  view["endpoint"] = live.endpoint ? json::value(live.endpoint->to_string()) : json::value(nullptr);
  view["handshake"] = time_or_null(live.handshake);
  view["handshake_age"] = live.handshake
                              ? json::value(std::chrono::floor<std::chrono::seconds>(now - *live.handshake).count())
                              : json::value(nullptr);
  view["received"] = live.received;
  view["sent"] = live.sent;
  return view;
}

json::object listener_view(const Listener& listener) {
  const auto& description = listener.description;
  json::object view;
  view["local"] = description.local.to_string();
  view["link"] = description.link;
  view["network"] = ipc::to_string(description.network);
  view["mode"] = description.mode == ipc::ListenerAdd::Mode::kSubmissions ? "implicit-tls" : "starttls";
  view["sources"] = texts(description.sources, [](const IpNetwork& network) { return network.to_string(); });
  view["refused"] = address_texts(description.refused);
  return view;
}

}  // namespace

json::object person_view(const identity::Document& document, const identity::Person& person) {
  json::object view;
  view["name"] = person.name;
  view["full_name"] = person.full_name;
  view["kind"] = identity::to_string(person.kind);
  view["role"] = identity::to_string(person.role);
  view["state"] = identity::to_string(person.state);
  view["expires"] = time_or_null(person.expires);
  view["addresses"] = texts(person.addresses, [](const std::string& address) { return address; });
  view["wildcards"] = person.wildcards;
  view["recipients"] = texts(person.recipients, [](const std::string& address) { return address; });
  view["mailbox"] = person.mailbox.empty() ? json::value(nullptr) : json::value(person.mailbox);
  view["limits"] = {{"messages_per_hour", person.limits.messages_per_hour},
                    {"recipients_per_day", person.limits.recipients_per_day}};
  view["devices"] = texts(document.devices_of(person.name), [](const auto* device) { return device->name; });
  return view;
}

json::object device_view(const identity::Device& device, const vpn::PeerStatus* live, WallTime now) {
  json::object view;
  view["name"] = device.name;
  view["person"] = device.person;
  view["network"] = device.in_tunnel() ? "tunnel" : "lan";
  view["state"] = identity::to_string(device.state);
  view["expires"] = time_or_null(device.expires);
  view["expired"] = device.expired(now);
  view["addresses"] = address_texts(device.addresses);
  view["public_key"] = device.public_key;
  view["mac"] = device.mac.empty() ? json::value(nullptr) : json::value(device.mac);
  view["access"] = identity::to_string(device.access);
  view["created"] = format_rfc3339(device.created);
  view["live"] = live == nullptr ? json::value(nullptr) : json::value(live_view(*live, now));
  return view;
}

json::object tunnel_view(const Agent& agent, const vpn::TunnelStatus& status, WallTime now) {
  const auto& config = agent.config();
  const auto& devices = agent.registry().document().devices;
  json::array peers;
  for (const auto& peer : status.peers) {
    const auto found = std::ranges::find(devices, peer.peer.public_key, &identity::Device::public_key);
    json::object view = live_view(peer, now);
    view["public_key"] = peer.peer.public_key;
    view["device"] = found == devices.end() ? json::value(nullptr) : json::value(found->name);
    view["person"] = found == devices.end() ? json::value(nullptr) : json::value(found->person);
    view["addresses"] = texts(peer.peer.allowed, [](const IpNetwork& network) { return network.base().to_string(); });
    peers.emplace_back(std::move(view));
  }
  json::object view;
  view["link"] = config.vpn.link;
  view["implementation"] = agent.tunnel().implementation();
  view["public_key"] = agent.tunnel().public_key();
  view["port"] = status.port;
  view["endpoint"] = vpn::endpoint_of(config);
  view["addresses"] = texts(config.vpn.addresses, [](const auto& address) { return address.to_string(); });
  view["peers"] = std::move(peers);
  return view;
}

json::object status_view(const Agent& agent, bool submit_told) {
  json::object problems;
  for (const auto& [part, why] : agent.problems()) problems[part] = why;
  json::array listeners;
  for (const auto& [key, listener] : agent.listeners().all()) listeners.emplace_back(listener_view(listener));
  const auto& document = agent.registry().document();
  json::object view;
  view["daemon"] = "postern-system";
  view["name"] = agent.config().gateway.name;
  view["ready"] = agent.ready();
  view["problems"] = std::move(problems);
  view["one_armed"] = agent.config().network.one_armed;
  view["people"] = document.people.size();
  view["devices"] = std::ranges::count_if(
      document.devices, [](const auto& device) { return device.state != identity::DeviceState::kRevoked; });
  view["listeners"] = std::move(listeners);
  view["submit_told"] = submit_told;
  view["events"] = {{"waiting", agent.events().waiting()}, {"lost", agent.events().dropped()}};
  return view;
}

}  // namespace postern::system
