#pragma once

#include "base/error.h"
#include "gate/rule.h"

namespace postern::gate {

/// Asks the kernel where an accepted TCP connection comes from: both addresses, and the interface by which the packet
/// that completed the handshake came in. The latter is recorded per connection whether or not the listener is bound
/// to a device, so this is a check of its own beside SO_BINDTODEVICE. Two or three system calls, none blocks.
///
/// `ifindex` is 0 when the kernel does not tell, which judge() refuses.
Result<Arrival> arrival_of(int fd);

}  // namespace postern::gate
