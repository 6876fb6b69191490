#include "identity/launcher_wire.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace postern::identity::launcher {

namespace {

constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(int));

/// The descriptor that came along, if one did.
UniqueFd take_descriptor(msghdr& header) {
  UniqueFd fd;
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(item), sizeof number);
    fd.reset(number);
  }
  return fd;
}

}  // namespace

Result<void> send(int socket, const Packet& packet, int fd) {
  Packet copy = packet;
  iovec part{&copy, sizeof copy};
  alignas(cmsghdr) std::array<char, kControlSize> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  if (::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof copy)) return {};
  return fail(ErrorCode::kUnavailable, std::string("the PAM launcher does not answer: ") + std::strerror(errno));
}

std::optional<Received> receive(int socket) {
  Received received;
  iovec part{&received.packet, sizeof received.packet};
  alignas(cmsghdr) std::array<char, kControlSize> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return std::nullopt;
  received.fd = take_descriptor(header);
  if (got != static_cast<ssize_t>(sizeof received.packet)) return std::nullopt;
  return received;
}

}  // namespace postern::identity::launcher
