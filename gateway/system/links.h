#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "config/config.h"
#include "system/netlink.h"

namespace postern::system {

namespace asio = boost::asio;

/// A network interface as the kernel has it at one moment.
struct Link {
  unsigned index = 0;
  std::string name;
  bool up = false;
  unsigned mtu = 0;
  /// Usable addresses: IPv6 ones that are still being tested for duplicates are not there yet.
  std::vector<config::InterfaceAddress> addresses;
  /// Next hops of default routes out of this interface.
  std::vector<IpAddress> routers;

  bool operator==(const Link&) const = default;
};
using Links = std::vector<Link>;

/// nullptr if there is none of that name.
const Link* find_link(const Links& links, std::string_view name);

/// All of them, by index.
Result<Links> list_links(Netlink& netlink);

/// Wakes when interfaces, addresses or routes change. What changed is not told: look again (list_links). One executor.
class LinkMonitor {
 public:
  static Result<LinkMonitor> open(const asio::any_io_executor& executor);
  /// Waits for the next change, then for a short moment more, so that a burst costs one look. kIo when the kernel's
  /// channel breaks.
  asio::awaitable<Result<void>> changed();

 private:
  explicit LinkMonitor(asio::posix::stream_descriptor socket) : socket_(std::move(socket)) {}
  Result<void> drain();
  asio::posix::stream_descriptor socket_;
};

}  // namespace postern::system
