#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "config/config.h"
#include "ipc/listener_messages.h"
#include "system/access.h"
#include "system/links.h"

namespace postern::system {

/// A socket that stands.
struct Listener {
  ipc::ListenerAdd description;
  UniqueFd socket;
  /// Grows with each change, over all listeners: tells whoever was told of an older one that it is another now.
  std::uint64_t generation = 0;
};

/// The listeners that should stand: for every interface with access that is up, each of its usable addresses (no
/// link-local ones), each submission port. The tunnel's are only those that the configuration gives the box.
std::vector<ipc::ListenerAdd> wanted_listeners(const config::Config& config, const std::vector<LinkAccess>& accesses,
                                               const Links& links);

/// Makes one: bound to the device (SO_BINDTODEVICE, so that no other interface reaches it, whatever address a packet
/// carries) and to the address, IPv6 without IPv4, not blocking, listening.
Result<UniqueFd> open_listener(const ipc::ListenerAdd& description);

/// The sockets that stand, by key. One executor.
class Listeners {
 public:
  struct Change {
    std::vector<std::string> opened;
    std::vector<std::string> closed;
    /// Those that could not be opened and why: try again soon.
    std::vector<std::string> failed;
  };
  /// Opens and closes until exactly the wanted ones stand. One whose interface was made anew is opened anew; one whose
  /// networks changed keeps its socket.
  Change apply(const std::vector<ipc::ListenerAdd>& wanted);
  const std::map<std::string, Listener>& all() const { return listeners_; }

 private:
  std::map<std::string, Listener> listeners_;
  std::uint64_t generation_ = 0;
};

}  // namespace postern::system
