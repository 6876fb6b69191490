#pragma once

#include "base/clock.h"
#include "base/ip.h"
#include "config/config.h"
#include "identity/directory.h"
#include "ipc/auth_messages.h"

/// Device ↔ login binding (invariant 3). WireGuard makes the source address inside the tunnel as authentic as the
/// peer's key, so an address stands for a device, and a device for its person.
namespace postern::identity {

enum class BindingVerdict {
  kAllowed,
  kWrongDevice,     ///< the address is no device's, or another person's device's
  kDeviceInactive,  ///< the person's own device, but suspended, revoked or expired
};

struct BindingResult {
  BindingVerdict verdict = BindingVerdict::kWrongDevice;
  /// The device that the address belongs to, whosever it is; nullptr if none.
  const Device* device = nullptr;
};

/// Tunnel, strict: only an active device of the same person. Tunnel, off: any address, but a device that is there must
/// be active. LAN, any: any address, and devices do not matter. LAN, strict: only an active LAN device of the same
/// person. A tunnel device's address never counts on the LAN, nor the other way round. `person` may be nullptr (an
/// unknown one owns no device).
BindingResult check_binding(const Directory& directory, const Person* person, const IpAddress& client,
                            ipc::NetworkKind network, const config::Login& login, WallTime now);

}  // namespace postern::identity
