#include "system/links.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

namespace postern::system {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kBurst = std::chrono::milliseconds(20);
constexpr int kDumpAttempts = 5;

std::optional<IpAddress> to_address(std::string_view bytes) {
  std::array<std::uint8_t, 16> full{};
  if (bytes.size() == 4) {
    full[10] = full[11] = 0xFF;
    std::memcpy(full.data() + 12, bytes.data(), 4);
  } else if (bytes.size() == full.size()) {
    std::memcpy(full.data(), bytes.data(), full.size());
  } else {
    return std::nullopt;
  }
  return IpAddress::from_bytes(full);
}

std::uint32_t to_number(std::string_view bytes) {
  std::uint32_t value = 0;
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Link* link_with(Links& links, unsigned index) {
  const auto found = std::ranges::find(links, index, &Link::index);
  return found == links.end() ? nullptr : &*found;
}

void take_link(Links& links, const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWLINK) return;
  const auto fixed = fixed_part<ifinfomsg>(message);
  Link link;
  link.index = static_cast<unsigned>(fixed.ifi_index);
  link.up = (fixed.ifi_flags & IFF_UP) != 0;
  for_each_attribute(message, sizeof fixed, [&](std::uint16_t type, std::string_view bytes) {
    if (type == IFLA_IFNAME) link.name = bytes.substr(0, bytes.find('\0'));
    if (type == IFLA_MTU) link.mtu = to_number(bytes);
  });
  links.push_back(std::move(link));
}

void take_address(Links& links, const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWADDR) return;
  const auto fixed = fixed_part<ifaddrmsg>(message);
  std::uint32_t flags = fixed.ifa_flags;
  std::optional<IpAddress> address;
  std::optional<IpAddress> local;
  for_each_attribute(message, sizeof fixed, [&](std::uint16_t type, std::string_view bytes) {
    if (type == IFA_ADDRESS) address = to_address(bytes);
    if (type == IFA_LOCAL) local = to_address(bytes);
    if (type == IFA_FLAGS) flags = to_number(bytes);
  });
  if (local) address = local;  // on point-to-point links IFA_ADDRESS is the other end
  Link* link = link_with(links, fixed.ifa_index);
  if (link == nullptr || !address || (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0) return;
  link->addresses.push_back({*address, fixed.ifa_prefixlen});
}

void take_route(Links& links, const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWROUTE) return;
  const auto fixed = fixed_part<rtmsg>(message);
  if (fixed.rtm_dst_len != 0 || fixed.rtm_type != RTN_UNICAST) return;
  std::optional<IpAddress> gateway;
  unsigned out = 0;
  for_each_attribute(message, sizeof fixed, [&](std::uint16_t type, std::string_view bytes) {
    if (type == RTA_GATEWAY) gateway = to_address(bytes);
    if (type == RTA_OIF) out = to_number(bytes);
  });
  Link* link = link_with(links, out);
  if (link != nullptr && gateway && !std::ranges::contains(link->routers, *gateway)) link->routers.push_back(*gateway);
}

Result<Links> list_once(Netlink& netlink) {
  Links links;
  NetlinkRequest all_links(RTM_GETLINK, 0);
  auto listed = netlink.dump(std::move(all_links.fixed(ifinfomsg{})), [&](const auto& m) { take_link(links, m); });
  if (!listed) return fail(listed.error());
  NetlinkRequest all_addresses(RTM_GETADDR, 0);
  listed = netlink.dump(std::move(all_addresses.fixed(ifaddrmsg{})), [&](const auto& m) { take_address(links, m); });
  if (!listed) return fail(listed.error());
  NetlinkRequest all_routes(RTM_GETROUTE, 0);
  listed = netlink.dump(std::move(all_routes.fixed(rtmsg{})), [&](const auto& m) { take_route(links, m); });
  if (!listed) return fail(listed.error());
  return links;
}

}  // namespace

const Link* find_link(const Links& links, std::string_view name) {
  const auto found = std::ranges::find(links, name, &Link::name);
  return found == links.end() ? nullptr : &*found;
}

Result<Links> list_links(Netlink& netlink) {
  auto links = list_once(netlink);
  for (int i = 1; i < kDumpAttempts && !links && links.error().code == ErrorCode::kUnavailable; ++i) {
    links = list_once(netlink);
  }
  if (links) std::ranges::sort(*links, {}, &Link::index);
  return links;
}

Result<LinkMonitor> LinkMonitor::open(const asio::any_io_executor& executor) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!socket) return fail_errno("netlink socket", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("netlink bind", errno);
  }
  return LinkMonitor(asio::posix::stream_descriptor(executor, socket.release()));
}

Result<void> LinkMonitor::drain() {
  std::array<char, 16384> ignored{};
  for (;;) {
    const ssize_t got = ::recv(socket_.native_handle(), ignored.data(), ignored.size(), 0);
    // ENOBUFS: messages were lost. Nothing is lost with them, since everybody looks again.
    if (got >= 0 || errno == ENOBUFS || errno == EINTR) continue;
    if (errno == EAGAIN) return {};
    return fail_errno("netlink notifications", errno);
  }
}

asio::awaitable<Result<void>> LinkMonitor::changed() {
  const auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  if (error) co_return fail(ErrorCode::kIo, "netlink notifications: " + error.message());
  asio::steady_timer burst(socket_.get_executor(), kBurst);
  co_await burst.async_wait(kAwait);
  co_return drain();
}

}  // namespace postern::system
