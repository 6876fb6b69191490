#include "system/admin_api.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <format>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "system/body.h"
#include "system/views.h"

namespace postern::system {

namespace json = http::json;
using http::Access;
using http::Method;
using http::Request;
using http::Response;
using identity::DeviceState;
using identity::PersonState;

namespace {

constexpr unsigned kCreated = 201;
const std::vector<std::string_view> kStates = {"active", "suspended"};
const std::vector<std::string_view> kRoles = {"person", "auditor", "helpdesk", "administrator"};

/// Who asks, as the ledger calls them: the account's name, or its number where it has none.
std::string caller(const Request& request) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(request.peer.uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::format("uid {}", request.peer.uid) : std::string(found->pw_name);
}

const std::string& name_of(const Request& request) { return request.params.at("name"); }

std::unexpected<Error> no_such(std::string_view what, std::string_view name) {
  return fail(ErrorCode::kNotFound, std::format("there is no {} '{}'", what, printable(name, 64)));
}

std::optional<identity::Limits> limits_of(Body& body) {
  const auto numbers = body.numbers("limits", {"messages_per_hour", "recipients_per_day"});
  if (!numbers) return std::nullopt;
  identity::Limits limits;
  for (const auto& [name, value] : *numbers) {
    (name == "messages_per_hour" ? limits.messages_per_hour : limits.recipients_per_day) = value;
  }
  return limits;
}

std::optional<identity::Role> role_of(Body& body) {
  const auto role = body.word("role", kRoles);
  return role ? std::optional(static_cast<identity::Role>(*role)) : std::nullopt;
}

/// The live part of all devices, by public key; empty when the tunnel does not answer.
asio::awaitable<vpn::TunnelStatus> live_peers(const Agent& agent) {
  auto status = co_await Tunnel::status(agent.config().vpn.link);
  co_return status ? std::move(*status) : vpn::TunnelStatus{};
}

const vpn::PeerStatus* live_of(const vpn::TunnelStatus& status, const identity::Device& device) {
  if (!device.in_tunnel()) return nullptr;
  for (const auto& peer : status.peers) {
    if (peer.peer.public_key == device.public_key) return &peer;
  }
  return nullptr;
}

// ------------------------------------------------------------------------------------------------------ people

Response show_person(const Agent& agent, const std::string& name, unsigned status = 200) {
  const auto& document = agent.registry().document();
  const auto* person = document.person(name);
  if (person == nullptr) return http::problem(no_such("person", name).error());
  return http::reply(person_view(document, *person), status);
}

asio::awaitable<Response> get_people(Agent& agent) {
  json::array people;
  const auto& document = agent.registry().document();
  for (const auto& person : document.people) people.emplace_back(person_view(document, person));
  co_return http::reply(json::object{{"people", std::move(people)}});
}

asio::awaitable<Response> get_person(Agent& agent, const Request& request) {
  co_return show_person(agent, name_of(request));
}

asio::awaitable<Response> post_person(Agent& agent, const Request& request) {
  const auto object = request.object();
  if (!object) co_return http::problem(object.error());
  Body body(*object);
  identity::Person person;
  person.name = body.required_text("name");
  person.full_name = body.text("full_name").value_or("");
  person.role = role_of(body).value_or(identity::Role::kPerson);
  person.addresses = body.texts("addresses").value_or(std::vector<std::string>{});
  person.recipients = body.texts("recipients").value_or(std::vector<std::string>{});
  person.wildcards = body.flag("wildcards").value_or(false);
  person.expires = body.time("expires").value_or(std::nullopt);
  person.limits = limits_of(body).value_or(identity::Limits{});
  std::string password = body.text("password").value_or("");
  Secret secret = Secret::take(password);
  if (auto good = body.finish(); !good) co_return http::problem(good.error());
  const auto added = co_await agent.registry().add_person(caller(request), person, std::move(secret));
  if (!added) co_return http::problem(added.error());
  co_return show_person(agent, person.name, kCreated);
}

asio::awaitable<Response> patch_person(Agent& agent, const Request& request) {
  const auto object = request.object();
  if (!object) co_return http::problem(object.error());
  Body body(*object);
  PersonChange change;
  change.full_name = body.text("full_name");
  change.role = role_of(body);
  change.addresses = body.texts("addresses");
  change.recipients = body.texts("recipients");
  change.wildcards = body.flag("wildcards");
  change.expires = body.time("expires");
  change.limits = limits_of(body);
  if (const auto state = body.word("state", kStates)) {
    change.state = *state == 0 ? PersonState::kActive : PersonState::kSuspended;
  }
  if (auto good = body.finish(); !good) co_return http::problem(good.error());
  const auto changed = co_await agent.registry().change_person(caller(request), name_of(request), std::move(change));
  if (!changed) co_return http::problem(changed.error());
  co_await agent.settled();
  co_return show_person(agent, name_of(request));
}

asio::awaitable<Response> post_password(Agent& agent, const Request& request) {
  const auto object = request.object();
  if (!object) co_return http::problem(object.error());
  Body body(*object);
  std::string password = body.required_text("password");
  Secret secret = Secret::take(password);
  if (auto good = body.finish(); !good) co_return http::problem(good.error());
  const auto set = co_await agent.registry().set_password(caller(request), name_of(request), std::move(secret));
  co_return set ? http::no_content() : http::problem(set.error());
}

asio::awaitable<Response> delete_person(Agent& agent, const Request& request) {
  const auto removed = co_await agent.registry().remove_person(caller(request), name_of(request));
  if (!removed) co_return http::problem(removed.error());
  co_await agent.settled();
  co_return http::no_content();
}

// ----------------------------------------------------------------------------------------------------- devices

asio::awaitable<Response> show_device(const Agent& agent, std::string name) {
  const auto status = co_await live_peers(agent);
  const auto* device = agent.registry().document().device(name);
  if (device == nullptr) co_return http::problem(no_such("device", name).error());
  co_return http::reply(device_view(*device, live_of(status, *device), Clock::system().wall()));
}

asio::awaitable<Response> get_devices(Agent& agent) {
  const auto status = co_await live_peers(agent);
  json::array devices;
  for (const auto& device : agent.registry().document().devices) {
    devices.emplace_back(device_view(device, live_of(status, device), Clock::system().wall()));
  }
  co_return http::reply(json::object{{"devices", std::move(devices)}});
}

asio::awaitable<Response> get_device(Agent& agent, const Request& request) {
  return show_device(agent, name_of(request));
}

asio::awaitable<Response> post_device(Agent& agent, const Request& request) {
  const auto object = request.object();
  if (!object) co_return http::problem(object.error());
  Body body(*object);
  identity::Device device;
  device.name = body.required_text("name");
  device.person = body.required_text("person");
  device.expires = body.time("expires").value_or(std::nullopt);
  const bool tunnel = body.word("network", {"tunnel", "lan"}).value_or(0) == 0;
  // Only what belongs to the kind of device is asked for, so that the rest is refused as unknown.
  if (tunnel) {
    device.public_key = body.text("public_key").value_or("");
  } else {
    device.addresses = body.addresses("addresses").value_or(std::vector<IpAddress>{});
  }
  if (auto good = body.finish(); !good) co_return http::problem(good.error());
  auto enrolled =
      co_await agent.registry().add_device(caller(request), std::move(device), tunnel, agent.tunnel().public_key());
  if (!enrolled) co_return http::problem(enrolled.error());
  co_await agent.settled();
  json::object view = device_view(enrolled->device, nullptr, Clock::system().wall());
  if (tunnel) view["configuration"] = enrolled->configuration.reveal();
  co_return http::reply(view, kCreated);
}

asio::awaitable<Response> set_state(Agent& agent, const Request& request, DeviceState state) {
  const auto done = co_await agent.registry().set_device_state(caller(request), name_of(request), state);
  if (!done) co_return http::problem(done.error());
  co_await agent.settled();
  co_return co_await show_device(agent, name_of(request));
}

asio::awaitable<Response> patch_device(Agent& agent, const Request& request) {
  const auto object = request.object();
  if (!object) co_return http::problem(object.error());
  Body body(*object);
  const auto state = body.word("state", kStates);
  if (!state && !object->contains("state")) body.required_text("state");
  if (auto good = body.finish(); !good) co_return http::problem(good.error());
  co_return co_await set_state(agent, request, *state == 0 ? DeviceState::kActive : DeviceState::kSuspended);
}

asio::awaitable<Response> delete_device(Agent& agent, const Request& request) {
  return set_state(agent, request, DeviceState::kRevoked);
}

// -------------------------------------------------------------------------------------------------------- rest

asio::awaitable<Response> get_status(Agent& agent) {
  co_return http::reply(status_view(agent, agent.hand_over().is_told()));
}

asio::awaitable<Response> get_vpn(Agent& agent) {
  const auto status = co_await Tunnel::status(agent.config().vpn.link);
  if (!status) co_return http::problem(Error{ErrorCode::kUnavailable, status.error().context});
  co_return http::reply(tunnel_view(agent, *status, Clock::system().wall()));
}

asio::awaitable<Response> get_certificate(Agent& agent) {
  const CertificateKeeper keeper = agent.certificate();
  const auto certificate = read_file(keeper.certificate);
  if (!certificate) co_return http::problem(certificate.error());
  const auto facts = facts_of(*certificate);
  if (!facts) co_return http::problem(facts.error());
  json::array dns(facts->dns.begin(), facts->dns.end());
  json::array addresses;
  for (const auto& address : facts->addresses) addresses.emplace_back(address.to_string());
  const auto authority = read_file(keeper.authority);
  const bool own = authority && is_signed_by(*certificate, *authority);
  co_return http::reply(json::object{{"subject", facts->subject},
                                     {"issuer", facts->issuer},
                                     {"dns", std::move(dns)},
                                     {"addresses", std::move(addresses)},
                                     {"not_before", format_rfc3339(facts->not_before)},
                                     {"not_after", format_rfc3339(facts->not_after)},
                                     {"fingerprint", facts->fingerprint},
                                     {"authority", own ? json::value(*authority) : json::value(nullptr)}});
}

bool is_member(uid_t uid, gid_t group) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return false;
  std::vector<gid_t> groups(1024);
  auto count = static_cast<int>(groups.size());
  if (::getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::contains(groups, group);
}

}  // namespace

http::Policy admin_policy(gid_t administrators) {
  return [administrators](const ipc::PeerCredentials& peer, Access access) {
    if (peer.uid == 0) return true;
    if (administrators == 0 || access == Access::kDestructive) return false;
    return peer.gid == administrators || is_member(peer.uid, administrators);
  };
}

void add_routes(http::Router& router, Agent& agent) {
  const auto with = [&agent](auto handler) {
    return [&agent, handler](const Request& request) {
      if constexpr (requires { handler(agent, request); })
        return handler(agent, request);
      else
        return handler(agent);
    };
  };
  router.add(Method::kGet, "/v1/status", Access::kRead, with(get_status));
  router.add(Method::kGet, "/v1/people", Access::kRead, with(get_people));
  router.add(Method::kPost, "/v1/people", Access::kWrite, with(post_person));
  router.add(Method::kGet, "/v1/people/{name}", Access::kRead, with(get_person));
  router.add(Method::kPatch, "/v1/people/{name}", Access::kWrite, with(patch_person));
  router.add(Method::kDelete, "/v1/people/{name}", Access::kDestructive, with(delete_person));
  router.add(Method::kPost, "/v1/people/{name}/password", Access::kWrite, with(post_password));
  router.add(Method::kGet, "/v1/devices", Access::kRead, with(get_devices));
  router.add(Method::kPost, "/v1/devices", Access::kWrite, with(post_device));
  router.add(Method::kGet, "/v1/devices/{name}", Access::kRead, with(get_device));
  router.add(Method::kPatch, "/v1/devices/{name}", Access::kWrite, with(patch_device));
  router.add(Method::kDelete, "/v1/devices/{name}", Access::kWrite, with(delete_device));
  router.add(Method::kGet, "/v1/vpn", Access::kRead, with(get_vpn));
  router.add(Method::kGet, "/v1/certificate", Access::kRead, with(get_certificate));
}

}  // namespace postern::system
