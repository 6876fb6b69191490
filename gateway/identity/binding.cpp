#include "identity/binding.h"

#include "base/mutant.h"

namespace postern::identity {

BindingResult check_binding(const Directory& directory, const Person* person, const IpAddress& client,
                            ipc::NetworkKind network, const config::Login& login, WallTime now) {
  const bool tunnel = network == ipc::NetworkKind::kTunnel;
  const Device* device = directory.device_at(client);
  if (device != nullptr && device->in_tunnel() != tunnel) device = nullptr;

  const bool strict = tunnel ? login.binding == config::Binding::kStrict && !mutant(Mutant::kLoginBinding)
                             : login.lan_binding == config::LanBinding::kStrict;
  const bool own = device != nullptr && person != nullptr && device->person == person->name;
  if (strict && !own) return {BindingVerdict::kWrongDevice, device};
  if ((strict || tunnel) && device != nullptr && !device->usable(now)) return {BindingVerdict::kDeviceInactive, device};
  return {BindingVerdict::kAllowed, device};
}

}  // namespace postern::identity
