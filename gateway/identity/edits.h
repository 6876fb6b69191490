#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "identity/people.h"

/// All changes of a document, as pure functions: each takes a valid document and returns a valid one, or an error and
/// nothing has changed. kNotFound and kExists name the person or device; kInvalid says which rule would break.
namespace postern::identity {

/// Addresses come in any spelling and are stored in normal form.
Result<Document> add_person(Document document, Person person);
/// Replaces everything but the name.
Result<Document> change_person(Document document, Person person);
Result<Document> set_person_state(Document document, std::string_view name, PersonState state);
/// Takes the devices along.
Result<Document> rename_person(Document document, std::string_view from, std::string_view to);
/// With all devices, revoked ones too.
Result<Document> remove_person(Document document, std::string_view name);

/// `device.addresses` may be empty for a device of the tunnel: then it gets one of each network of the tunnel.
Result<Document> add_device(Document document, Device device, const config::Vpn& vpn);
/// Suspends or resumes. A revoked device stays revoked: kPermission.
Result<Document> set_device_state(Document document, std::string_view name, DeviceState state);
/// For ever; frees its key and its addresses.
Result<Document> revoke_device(Document document, std::string_view name);

/// A free address of each network that the box has an address in: never the box's own, never an IPv4 network's first
/// or last. Addresses that no device ever had come first, so that the ledger's old entries stay unambiguous as long as
/// there is room. kLimit when a network is full.
Result<std::vector<IpAddress>> allot_addresses(const Document& document, const config::Vpn& vpn);

}  // namespace postern::identity
