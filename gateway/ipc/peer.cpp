#include "ipc/peer.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <format>

#include "ipc/frame.h"

namespace postern::ipc {

std::unexpected<Error> unexpected_frame(std::uint16_t type, std::uint16_t expected) {
  return fail(ErrorCode::kProtocol, std::format("a message of type {} came where type {} was due", type, expected));
}

Result<PeerCredentials> peer_credentials(int fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return fail_errno("SO_PEERCRED", errno);
  return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

Result<uid_t> uid_of(const std::string& user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return fail(ErrorCode::kNotFound, std::format("this system has no user '{}'", user));
  }
  return found->pw_uid;
}

Result<gid_t> gid_of(const std::string& group) {
  std::array<char, 4096> buffer{};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return fail(ErrorCode::kNotFound, std::format("this system has no group '{}'", group));
  }
  return found->gr_gid;
}

std::string socket_path(std::string_view run, std::string_view daemon, std::string_view name) {
  return std::format("{}/{}/{}.sock", run, daemon, name);
}

}  // namespace postern::ipc
