#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace postern::ipc {

/// Who is at the other end of a unix socket, as the kernel says (SO_PEERCRED). It can't be forged.
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

/// Asks the kernel; `fd` is a connected unix socket.
Result<PeerCredentials> peer_credentials(int fd);

/// The number of a system user; kNotFound names the user that is missing.
Result<uid_t> uid_of(const std::string& user);
/// The number of a system group.
Result<gid_t> gid_of(const std::string& group);

/// Where a daemon's socket lives: "<run>/<daemon>/<name>.sock". Each daemon owns its folder.
/// Names in use: "hot" (frames), "admin" (HTTP+JSON), "listeners" (postern-system's, frames with descriptors).
std::string socket_path(std::string_view run, std::string_view daemon, std::string_view name);

}  // namespace postern::ipc
