#include "identity/people.h"

#include <algorithm>
#include <format>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

constexpr std::size_t kMaxAddresses = 256;
constexpr std::size_t kMaxDeviceAddresses = 8;

template <class Entry>
const Entry* find(const std::vector<Entry>& entries, std::string_view name) {
  const auto found =
      std::ranges::lower_bound(entries, name, {}, [](const Entry& entry) -> std::string_view { return entry.name; });
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

std::unexpected<Error> bad(std::string_view kind, std::string_view name, std::string_view rule) {
  return fail(ErrorCode::kInvalid, std::format("{} '{}': {}", kind, printable(name), rule));
}

/// Each one in normal form and none twice; `wildcards` says whether "*@domain" may be among them.
Result<void> check_addresses(const Person& person, const std::vector<std::string>& addresses, bool wildcards) {
  if (addresses.size() > kMaxAddresses) return bad("person", person.name, "more than 256 addresses");
  std::set<std::string_view> seen;
  for (const auto& address : addresses) {
    const auto normal = normal_address(address);
    if (!normal) return bad("person", person.name, normal.error().context);
    if (*normal != address) return bad("person", person.name, std::format("write '{}' as '{}'", address, *normal));
    if (is_wildcard(address) && !wildcards) {
      return bad("person", person.name, std::format("'{}' needs \"wildcards\": true", address));
    }
    if (!seen.insert(address).second) return bad("person", person.name, std::format("'{}' stands twice", address));
  }
  return {};
}

Result<void> check_person(const Person& person) {
  if (!is_person_name(person.name)) return bad("person", person.name, "the name must match [a-z_][a-z0-9_.-]{0,31}");
  if (!is_full_name(person.full_name)) {
    return bad("person", person.name, "the full name must be at most 128 bytes of text without ':' and ','");
  }
  if (person.kind == PersonKind::kMachine && person.role != Role::kPerson) {
    return bad("person", person.name, "a machine has no role in the administration");
  }
  if (auto good = check_addresses(person, person.addresses, person.wildcards); !good) return good;
  if (auto good = check_addresses(person, person.recipients, true); !good) return good;
  if (person.mailbox.empty()) return {};
  const auto normal = normal_address(person.mailbox);
  if (!normal || *normal != person.mailbox || is_wildcard(person.mailbox)) {
    return bad("person", person.name, std::format("'{}' is no mailbox in normal form", printable(person.mailbox)));
  }
  return {};
}

Result<void> check_device(const Device& device) {
  if (!is_device_name(device.name)) return bad("device", device.name, "the name must match [a-z0-9][a-z0-9_.-]{0,62}");
  if (device.in_tunnel() && !is_public_key(device.public_key)) {
    return bad("device", device.name, "the public key must be 32 bytes as base64");
  }
  if (!device.mac.empty() && (device.in_tunnel() || normal_mac(device.mac) != device.mac)) {
    return bad("device", device.name, "only a device of the LAN has a 'mac', written as 00:11:22:aa:bb:cc");
  }
  if (!device.in_tunnel() && device.access != Reach::kBox) {
    return bad("device", device.name, "a device of the LAN has no 'access': the box lets it through to nothing");
  }
  if ((device.addresses.empty() && device.mac.empty()) || device.addresses.size() > kMaxDeviceAddresses) {
    return bad("device", device.name, "a device has 1 to 8 addresses");
  }
  for (const auto& address : device.addresses) {
    if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) {
      return bad("device", device.name, std::format("{} is no address of a device", address.to_string()));
    }
  }
  return {};
}

template <class Entry>
Result<void> check_order(const std::vector<Entry>& entries, std::string_view kind) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i - 1].name == entries[i].name) return bad(kind, entries[i].name, "the name stands twice");
    if (entries[i - 1].name > entries[i].name) return bad(kind, entries[i].name, "the list is not sorted by name");
  }
  return {};
}

/// Keys and addresses point to one device each; revoked devices have given theirs up.
Result<void> check_unique(const std::vector<Device>& devices) {
  std::unordered_map<std::string_view, std::string_view> keys;
  std::unordered_map<std::string_view, std::string_view> macs;
  std::unordered_map<std::string, std::string_view> addresses;
  for (const auto& device : devices) {
    if (device.state == DeviceState::kRevoked) continue;
    if (device.in_tunnel()) {
      const auto [other, fresh] = keys.emplace(device.public_key, device.name);
      if (!fresh) return bad("device", device.name, std::format("has the public key of '{}'", other->second));
    }
    if (!device.mac.empty()) {
      const auto [other, fresh] = macs.emplace(device.mac, device.name);
      if (!fresh) return bad("device", device.name, std::format("has the hardware address of '{}'", other->second));
    }
    for (const auto& address : device.addresses) {
      const auto [other, fresh] = addresses.emplace(address.to_string(), device.name);
      if (!fresh) {
        return bad("device", device.name, std::format("has the address {} of '{}'", other->first, other->second));
      }
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(PersonState state) { return state == PersonState::kActive ? "active" : "suspended"; }

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kPerson: return "person";
    case Role::kAuditor: return "auditor";
    case Role::kHelpdesk: return "helpdesk";
    case Role::kAdministrator: return "administrator";
  }
  return "unknown";
}

std::string_view to_string(PersonKind kind) { return kind == PersonKind::kPerson ? "person" : "machine"; }

std::string_view to_string(Reach reach) {
  switch (reach) {
    case Reach::kBox: return "box";
    case Reach::kLan: return "lan";
    case Reach::kInternet: return "internet";
  }
  return "unknown";
}

std::string_view to_string(DeviceState state) {
  switch (state) {
    case DeviceState::kActive: return "active";
    case DeviceState::kSuspended: return "suspended";
    case DeviceState::kRevoked: return "revoked";
  }
  return "unknown";
}

const Person* Document::person(std::string_view name) const { return find(people, name); }

const Device* Document::device(std::string_view name) const { return find(devices, name); }

std::vector<const Device*> Document::devices_of(std::string_view person) const {
  std::vector<const Device*> found;
  for (const auto& device : devices) {
    if (device.person == person) found.push_back(&device);
  }
  return found;
}

Result<void> validate(const Document& document) {
  if (auto ordered = check_order(document.people, "person"); !ordered) return ordered;
  if (auto ordered = check_order(document.devices, "device"); !ordered) return ordered;
  for (const auto& person : document.people) {
    if (auto good = check_person(person); !good) return good;
  }
  for (const auto& device : document.devices) {
    if (auto good = check_device(device); !good) return good;
    const Person* person = document.person(device.person);
    if (person == nullptr) {
      return bad("device", device.name, std::format("belongs to '{}', who is not there", printable(device.person)));
    }
    if (person->kind == PersonKind::kMachine && device.in_tunnel()) {
      return bad("device", device.name, std::format("'{}' is a machine of the LAN", person->name));
    }
  }
  return check_unique(document.devices);
}

}  // namespace postern::identity
