#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "config/config.h"

/// rtnetlink(7), as far as postern-system needs it: no library, no `ip` to run. All calls are answered by the kernel
/// at once, so none blocks on anything outside it.
namespace postern::system {

/// One request, being built: header, a fixed part, attributes.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);
  /// The fixed part that the type demands (ifinfomsg ...); once, before any attribute.
  template <class Fixed>
  NetlinkRequest& fixed(const Fixed& value) {
    return append(&value, sizeof value);
  }
  NetlinkRequest& attribute(std::uint16_t type, std::string_view bytes);
  NetlinkRequest& attribute(std::uint16_t type, std::uint32_t value);
  /// Opens an attribute that holds others until end().
  NetlinkRequest& begin(std::uint16_t type);
  NetlinkRequest& end();
  /// The whole message, with its length filled in.
  std::string_view finish();

 private:
  NetlinkRequest& append(const void* bytes, std::size_t size);
  std::string bytes_;
  std::vector<std::size_t> open_;
};

/// A request socket. Not thread-safe.
class Netlink {
 public:
  static Result<Netlink> open();

  /// Sends a request and waits for its acknowledgement; the kernel's error number becomes an Error of `what`.
  Result<void> request(NetlinkRequest request, std::string_view what);
  /// Sends a dump request and hands each answer to `each`. kUnavailable when the data changed meanwhile: ask again.
  Result<void> dump(NetlinkRequest request, const std::function<void(const nlmsghdr&)>& each);

  /// Makes a WireGuard interface in the kernel; kUnavailable when this kernel (or its configuration) has none.
  Result<void> add_wireguard_link(const std::string& name);
  Result<void> delete_link(unsigned index);
  Result<void> set_up(unsigned index, unsigned mtu);
  /// Adds the address, or leaves it as it is when it is there.
  Result<void> add_address(unsigned index, const config::InterfaceAddress& address);
  Result<void> delete_address(unsigned index, const config::InterfaceAddress& address);

 private:
  explicit Netlink(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<void> send(std::string_view message);
  /// The kernel's answer to a request: 0, or an error number.
  Result<int> answer_to(NetlinkRequest request);
  Result<void> change_address(std::uint16_t type, std::uint16_t flags, unsigned index,
                              const config::InterfaceAddress& address);
  UniqueFd socket_;
};

/// The fixed part of a message; zeros when the message is too short for it.
template <class Fixed>
Fixed fixed_part(const nlmsghdr& message) {
  Fixed fixed{};
  if (message.nlmsg_len < sizeof message + sizeof fixed) return fixed;
  std::memcpy(&fixed, reinterpret_cast<const char*>(&message) + sizeof message, sizeof fixed);
  return fixed;
}

/// Attributes of a message behind its fixed part of `fixed` bytes: calls `each` with type and content of each.
void for_each_attribute(const nlmsghdr& message, std::size_t fixed,
                        const std::function<void(std::uint16_t, std::string_view)>& each);

}  // namespace postern::system
