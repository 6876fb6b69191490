#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

/// The names below gateway.run and gateway.data that several daemons must agree on.
namespace postern::config {

/// Socket of the hot path: "vault", "auth" or "listeners" gives "/run/postern/vault.sock".
inline std::string socket_path(const Gateway& gateway, std::string_view name) {
  return gateway.run + "/" + std::string(name) + ".sock";
}

/// Socket of administration (HTTP+JSON): "vault", "auth", "submit", "deliver" or "system" gives
/// "/run/postern/admin/vault.sock".
inline std::string admin_socket_path(const Gateway& gateway, std::string_view name) {
  return gateway.run + "/admin/" + std::string(name) + ".sock";
}

/// Something below the data folder, such as "vpn/private.key".
inline std::string data_path(const Gateway& gateway, std::string_view name) {
  return gateway.data + "/" + std::string(name);
}

}  // namespace postern::config
