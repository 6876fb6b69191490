#include "gate/arrival.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace postern::gate {

namespace {

// From linux/in6.h, which can't be included beside netinet/in.h. RFC 2292's option, kept by Linux for TCP.
constexpr int kIpv6PktOptions = 6;

Result<IpAddress> address_of(int fd, int (*ask)(int, sockaddr*, socklen_t*), const char* what) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (ask(fd, address, &length) != 0) return fail_errno(what, errno);
  return IpAddress::from_sockaddr(address, length);
}

/// Linux answers IP_PKTOPTIONS and IPV6_2292PKTOPTIONS on a TCP socket with the interface of the packet that
/// completed the handshake, once the socket asks for packet information.
unsigned arrival_link(int fd, int level, int ask_option, int read_option) {
  const int on = 1;
  if (::setsockopt(fd, level, ask_option, &on, sizeof on) != 0) return 0;
  alignas(cmsghdr) std::array<char, 256> control{};
  auto length = static_cast<socklen_t>(control.size());
  if (::getsockopt(fd, level, read_option, control.data(), &length) != 0) return 0;
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = length;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      return static_cast<unsigned>(info.ipi_ifindex);
    }
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      return info.ipi6_ifindex;
    }
  }
  return 0;
}

}  // namespace

Result<Arrival> arrival_of(int fd) {
  const auto source = address_of(fd, ::getpeername, "getpeername");
  if (!source) return fail(source.error());
  const auto local = address_of(fd, ::getsockname, "getsockname");
  if (!local) return fail(local.error());
  int family = 0;
  socklen_t length = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) return fail_errno("SO_DOMAIN", errno);
  const unsigned ifindex = family == AF_INET6 ? arrival_link(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, kIpv6PktOptions)
                                              : arrival_link(fd, IPPROTO_IP, IP_PKTINFO, IP_PKTOPTIONS);
  return Arrival{ifindex, *source, *local};
}

}  // namespace postern::gate
