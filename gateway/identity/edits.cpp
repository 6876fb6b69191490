#include "identity/edits.h"

#include <algorithm>
#include <format>
#include <set>

#include "base/text.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

template <class Entry>
void insert_sorted(std::vector<Entry>& entries, Entry entry) {
  const auto at = std::ranges::upper_bound(entries, entry.name, {}, &Entry::name);
  entries.insert(at, std::move(entry));
}

std::unexpected<Error> no_person(std::string_view name) {
  return fail(ErrorCode::kNotFound, std::format("there is no person '{}'", printable(name)));
}

std::unexpected<Error> no_device(std::string_view name) {
  return fail(ErrorCode::kNotFound, std::format("there is no device '{}'", printable(name)));
}

Person* find_person(Document& document, std::string_view name) {
  const auto found = std::ranges::find(document.people, name, &Person::name);
  return found == document.people.end() ? nullptr : &*found;
}

Device* find_device(Document& document, std::string_view name) {
  const auto found = std::ranges::find(document.devices, name, &Device::name);
  return found == document.devices.end() ? nullptr : &*found;
}

Result<Document> checked(Document document) {
  if (auto good = validate(document); !good) return fail(good.error());
  return document;
}

Result<void> normalize(Person& person) {
  for (auto* addresses : {&person.addresses, &person.recipients}) {
    for (auto& address : *addresses) {
      auto normal = normal_address(address);
      if (!normal) return fail(normal.error().within(std::format("person '{}'", printable(person.name))));
      address = std::move(*normal);
    }
  }
  return {};
}

/// The lowest address of the network that is in neither set.
Result<IpAddress> first_free(const config::InterfaceAddress& own, const std::set<IpAddress>& taken,
                             const std::set<IpAddress>& avoided) {
  const IpNetwork network = own.network();
  // One more than can be taken suffices; so a /64 costs no more than a /24.
  for (std::uint64_t offset = 1; offset <= taken.size() + avoided.size() + 2; ++offset) {
    const auto address = network.at(offset);
    if (!address) break;
    if (network.is_v4() && !network.at(offset + 1)) break;  // IPv4's last one is the broadcast address
    if (*address != own.address && !taken.contains(*address) && !avoided.contains(*address)) return *address;
  }
  return fail(ErrorCode::kLimit, std::format("no free address is left in {}", network.to_string()));
}

}  // namespace

Result<Document> add_person(Document document, Person person) {
  if (document.person(person.name) != nullptr) {
    return fail(ErrorCode::kExists, std::format("there is a person '{}' already", person.name));
  }
  if (auto normal = normalize(person); !normal) return fail(normal.error());
  insert_sorted(document.people, std::move(person));
  return checked(std::move(document));
}

Result<Document> change_person(Document document, Person person) {
  Person* const found = find_person(document, person.name);
  if (found == nullptr) return no_person(person.name);
  if (auto normal = normalize(person); !normal) return fail(normal.error());
  *found = std::move(person);
  return checked(std::move(document));
}

Result<Document> set_person_state(Document document, std::string_view name, PersonState state) {
  Person* const found = find_person(document, name);
  if (found == nullptr) return no_person(name);
  found->state = state;
  return document;
}

Result<Document> rename_person(Document document, std::string_view from, std::string_view to) {
  const auto found = std::ranges::find(document.people, from, &Person::name);
  if (found == document.people.end()) return no_person(from);
  if (document.person(to) != nullptr) {
    return fail(ErrorCode::kExists, std::format("there is a person '{}' already", to));
  }
  Person person = std::move(*found);
  document.people.erase(found);
  person.name = to;
  for (auto& device : document.devices) {
    if (device.person == from) device.person = to;
  }
  insert_sorted(document.people, std::move(person));
  return checked(std::move(document));
}

Result<Document> remove_person(Document document, std::string_view name) {
  const auto found = std::ranges::find(document.people, name, &Person::name);
  if (found == document.people.end()) return no_person(name);
  std::erase_if(document.devices, [&](const Device& device) { return device.person == name; });
  document.people.erase(found);
  return document;
}

Result<Document> add_device(Document document, Device device, const config::Vpn& vpn) {
  if (document.device(device.name) != nullptr) {
    return fail(ErrorCode::kExists, std::format("there is a device '{}' already", device.name));
  }
  if (document.person(device.person) == nullptr) return no_person(device.person);
  if (device.addresses.empty() && device.in_tunnel()) {
    auto addresses = allot_addresses(document, vpn);
    if (!addresses) return fail(addresses.error());
    device.addresses = std::move(*addresses);
  }
  for (const auto& own : vpn.addresses) {
    for (const auto& address : device.addresses) {
      if (address == own.address || (!device.in_tunnel() && own.network().contains(address))) {
        return fail(ErrorCode::kInvalid, std::format("device '{}' can't have {}: it belongs to the tunnel", device.name,
                                                     address.to_string()));
      }
    }
  }
  insert_sorted(document.devices, std::move(device));
  return checked(std::move(document));
}

Result<Document> set_device_state(Document document, std::string_view name, DeviceState state) {
  Device* const found = find_device(document, name);
  if (found == nullptr) return no_device(name);
  if (found->state == DeviceState::kRevoked && state != DeviceState::kRevoked) {
    return fail(ErrorCode::kPermission, std::format("device '{}' is revoked for ever; add it anew", name));
  }
  found->state = state;
  return document;
}

Result<Document> revoke_device(Document document, std::string_view name) {
  return set_device_state(std::move(document), name, DeviceState::kRevoked);
}

Result<std::vector<IpAddress>> allot_addresses(const Document& document, const config::Vpn& vpn) {
  std::set<IpAddress> taken;
  std::set<IpAddress> former;
  for (const auto& device : document.devices) {
    auto& set = device.state == DeviceState::kRevoked ? former : taken;
    set.insert(device.addresses.begin(), device.addresses.end());
  }
  std::vector<IpAddress> addresses;
  for (const auto& own : vpn.addresses) {
    auto address = first_free(own, taken, former);
    if (!address) address = first_free(own, taken, {});
    if (!address) return fail(address.error());
    addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace postern::identity
