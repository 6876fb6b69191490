#include "system/netlink.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace postern::system {

namespace {

constexpr std::size_t kAnswerSize = 64 << 10;
/// Without the bits that say "nested" and "network order".
constexpr unsigned kTypeMask = 0x3FFF;

std::string_view address_bytes(const IpAddress& address) {
  const std::string_view all(reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size());
  return address.is_v4() ? all.substr(12) : all;
}

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  header.nlmsg_seq = 1;
  append(&header, sizeof header);
}

NetlinkRequest& NetlinkRequest::append(const void* bytes, std::size_t size) {
  bytes_.append(static_cast<const char*>(bytes), size);
  bytes_.resize(aligned(bytes_.size()));
  return *this;
}

NetlinkRequest& NetlinkRequest::attribute(std::uint16_t type, std::string_view bytes) {
  const rtattr head{static_cast<std::uint16_t>(sizeof(rtattr) + bytes.size()), type};
  append(&head, sizeof head);
  return append(bytes.data(), bytes.size());
}

NetlinkRequest& NetlinkRequest::attribute(std::uint16_t type, std::uint32_t value) {
  return attribute(type, {reinterpret_cast<const char*>(&value), sizeof value});
}

NetlinkRequest& NetlinkRequest::begin(std::uint16_t type) {
  open_.push_back(bytes_.size());
  return attribute(type, std::string_view{});
}

NetlinkRequest& NetlinkRequest::end() {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - open_.back());
  std::memcpy(bytes_.data() + open_.back(), &length, sizeof length);
  open_.pop_back();
  return *this;
}

std::string_view NetlinkRequest::finish() {
  const auto length = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &length, sizeof length);
  return bytes_;
}

Result<Netlink> Netlink::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return fail_errno("netlink socket", errno);
  return Netlink(std::move(socket));
}

Result<void> Netlink::send(std::string_view message) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent = ::sendto(socket_.get(), message.data(), message.size(), 0,
                             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent != static_cast<ssize_t>(message.size())) return fail_errno("netlink send", errno);
  return {};
}

Result<int> Netlink::answer_to(NetlinkRequest request) {
  std::string message(request.finish());
  auto* header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_flags = static_cast<std::uint16_t>(header->nlmsg_flags | NLM_F_ACK);
  if (auto sent = send(message); !sent) return fail(sent.error());
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
  if (got < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(nlmsgerr))) return fail_errno("netlink answer", errno);
  const auto* reply = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (reply->nlmsg_type != NLMSG_ERROR) return fail(ErrorCode::kProtocol, "netlink: no acknowledgement came");
  return -fixed_part<nlmsgerr>(*reply).error;
}

Result<void> Netlink::request(NetlinkRequest request, std::string_view what) {
  const auto answer = answer_to(std::move(request));
  if (!answer) return fail(answer.error());
  if (*answer != 0) return fail_errno(what, *answer);
  return {};
}

Result<void> Netlink::dump(NetlinkRequest request, const std::function<void(const nlmsghdr&)>& each) {
  std::string message(request.finish());
  auto* header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_flags = static_cast<std::uint16_t>(header->nlmsg_flags | NLM_F_DUMP);
  if (auto sent = send(message); !sent) return sent;
  std::vector<std::uint32_t> buffer(kAnswerSize / sizeof(std::uint32_t));
  bool interrupted = false;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer.data(), kAnswerSize, 0);
    if (got <= 0) return fail_errno("netlink answer", errno);
    const auto size = static_cast<std::size_t>(got);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
      const auto& part = *reinterpret_cast<const nlmsghdr*>(&buffer[at / sizeof(std::uint32_t)]);
      if (part.nlmsg_len < sizeof part || at + part.nlmsg_len > size)
        return fail(ErrorCode::kProtocol, "netlink: torn");
      if ((part.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (part.nlmsg_type == NLMSG_DONE) {
        if (interrupted) return fail(ErrorCode::kUnavailable, "netlink: the tables changed meanwhile");
        return {};
      }
      if (part.nlmsg_type == NLMSG_ERROR) return fail(ErrorCode::kIo, "netlink: the kernel refused to list");
      each(part);
      at += aligned(part.nlmsg_len);
    }
  }
}

Result<void> Netlink::add_wireguard_link(const std::string& name) {
  NetlinkRequest message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.fixed(ifinfomsg{});
  message.attribute(IFLA_IFNAME, std::string_view(name.c_str(), name.size() + 1));
  message.begin(IFLA_LINKINFO).attribute(IFLA_INFO_KIND, std::string_view("wireguard")).end();
  const auto answer = answer_to(std::move(message));
  if (!answer) return fail(answer.error());
  if (*answer == EOPNOTSUPP) return fail(ErrorCode::kUnavailable, "this kernel has no WireGuard");
  if (*answer != 0) return fail_errno("make the interface " + name, *answer);
  return {};
}

Result<void> Netlink::delete_link(unsigned index) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(index);
  NetlinkRequest message(RTM_DELLINK, 0);
  return request(std::move(message.fixed(link)), "remove an interface");
}

Result<void> Netlink::set_up(unsigned index, unsigned mtu) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(index);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  NetlinkRequest message(RTM_NEWLINK, 0);
  message.fixed(link).attribute(IFLA_MTU, static_cast<std::uint32_t>(mtu));
  return request(std::move(message), "set an interface up");
}

Result<void> Netlink::change_address(std::uint16_t type, std::uint16_t flags, unsigned index,
                                     const config::InterfaceAddress& address) {
  ifaddrmsg fixed{};
  fixed.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
  fixed.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix);
  fixed.ifa_index = index;
  // Duplicate address detection would keep the address unusable for a second; nobody else can have it in a tunnel.
  if (fixed.ifa_family == AF_INET6) fixed.ifa_flags = IFA_F_NODAD;
  NetlinkRequest message(type, flags);
  message.fixed(fixed);
  message.attribute(IFA_LOCAL, address_bytes(address.address));
  message.attribute(IFA_ADDRESS, address_bytes(address.address));
  return request(std::move(message), "address " + address.to_string());
}

Result<void> Netlink::add_address(unsigned index, const config::InterfaceAddress& address) {
  return change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
}

Result<void> Netlink::delete_address(unsigned index, const config::InterfaceAddress& address) {
  return change_address(RTM_DELADDR, 0, index, address);
}

void for_each_attribute(const nlmsghdr& message, std::size_t fixed,
                        const std::function<void(std::uint16_t, std::string_view)>& each) {
  const auto* bytes = reinterpret_cast<const char*>(&message);
  std::size_t at = sizeof message + aligned(fixed);
  while (at + sizeof(rtattr) <= message.nlmsg_len) {
    rtattr head{};
    std::memcpy(&head, bytes + at, sizeof head);
    if (head.rta_len < sizeof head || at + head.rta_len > message.nlmsg_len) return;
    each(static_cast<std::uint16_t>(head.rta_type & kTypeMask), {bytes + at + sizeof head, head.rta_len - sizeof head});
    at += aligned(head.rta_len);
  }
}

}  // namespace postern::system
