#include "system/listeners.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <set>

#include "base/mutant.h"

namespace postern::system {

namespace {

constexpr int kBacklog = 1024;

bool is_own_tunnel_address(const config::Vpn& vpn, const IpAddress& address) {
  return std::ranges::contains(vpn.addresses, address, &config::InterfaceAddress::address);
}

bool listens_on(const config::Config& config, const LinkAccess& access, const IpAddress& address) {
  if (address.is_link_local() || address.is_loopback() || address.is_multicast()) return false;
  return access.kind == ipc::NetworkKind::kLan || is_own_tunnel_address(config.vpn, address);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

SocketAddress socket_address(const IpEndpoint& endpoint) {
  SocketAddress result;
  const auto& bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, sizeof v4.sin_addr);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.length = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.length = sizeof v6;
  }
  return result;
}

bool same_socket(const ipc::ListenerAdd& a, const ipc::ListenerAdd& b) {
  return a.link == b.link && a.ifindex == b.ifindex && a.local == b.local;
}

bool same_rules(const ipc::ListenerAdd& a, const ipc::ListenerAdd& b) {
  return a.network == b.network && a.mode == b.mode && a.sources == b.sources && a.refused == b.refused;
}

}  // namespace

std::vector<ipc::ListenerAdd> wanted_listeners(const config::Config& config, const std::vector<LinkAccess>& accesses,
                                               const Links& links) {
  using Mode = ipc::ListenerAdd::Mode;
  const auto& ports = config.submission.ports;
  std::vector<ipc::ListenerAdd> wanted;
  for (const auto& access : accesses) {
    const Link* link = find_link(links, access.link);
    if (link == nullptr || !link->up) continue;
    for (const auto& address : link->addresses) {
      if (!listens_on(config, access, address.address)) continue;
      for (const auto& [port, mode] :
           {std::pair{ports.submissions, Mode::kSubmissions}, {ports.submission, Mode::kSubmission}}) {
        if (port == 0) continue;
        const IpEndpoint local{address.address, port};
        wanted.push_back({std::format("{} {}", link->name, local.to_string()), link->name, link->index, access.kind,
                          mode, local, access.sources, access.refused});
      }
    }
  }
  return wanted;
}

Result<UniqueFd> open_listener(const ipc::ListenerAdd& description) {
  const bool v4 = description.local.address.is_v4();
  UniqueFd socket(::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno("socket for " + description.key, errno);
  const int on = 1;
  const auto set = [&](int level, int option, const void* value, std::size_t size) {
    return ::setsockopt(socket.get(), level, option, value, static_cast<socklen_t>(size)) == 0;
  };
  bool good = set(SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) && (v4 || set(IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  if (!mutant(Mutant::kDeviceBinding)) {
    // By number, not by name: should the interface be made anew in this moment, the socket hears nobody until the next
    // round replaces it, instead of belonging to another device than the one that the description names.
    const auto ifindex = static_cast<int>(description.ifindex);
    good = good && set(SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof ifindex);
  }
  if (!good) return fail_errno("prepare the socket for " + description.key, errno);
  const SocketAddress address = socket_address(description.local);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    return fail_errno("bind " + description.key, errno);
  }
  if (::listen(socket.get(), kBacklog) != 0) return fail_errno("listen on " + description.key, errno);
  return socket;
}

Listeners::Change Listeners::apply(const std::vector<ipc::ListenerAdd>& wanted) {
  Change change;
  std::set<std::string_view> keys;
  for (const auto& description : wanted) keys.insert(description.key);
  std::erase_if(listeners_, [&](const auto& entry) {
    if (keys.contains(entry.first)) return false;
    change.closed.push_back(entry.first);
    return true;
  });
  for (const auto& description : wanted) {
    const auto found = listeners_.find(description.key);
    if (found != listeners_.end() && same_socket(found->second.description, description)) {
      if (same_rules(found->second.description, description)) continue;
      found->second.description = description;
      found->second.generation = ++generation_;
      continue;
    }
    auto socket = open_listener(description);
    if (!socket) {
      change.failed.push_back(socket.error().context);
      if (found != listeners_.end()) listeners_.erase(found);
      continue;
    }
    listeners_.insert_or_assign(description.key, Listener{description, std::move(*socket), ++generation_});
    change.opened.push_back(description.key);
  }
  return change;
}

}  // namespace postern::system
