#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/error.h"
#include "base/ip.h"
#include "config/config.h"
#include "delivery/route.h"
#include "delivery/stream.h"

namespace postern::delivery {

struct Connected {
  Stream stream;
  IpEndpoint remote;
};

/// Connects to a route's server: its fixed address, its name read as an address, or all addresses that the system's
/// resolver knows for it, one after the other in the resolver's order. `timeout` is for each address. The error names
/// what was tried; of several failures it is the last.
///
/// Resolving runs in Asio's resolver thread; while it runs it can't be cut short, its own time-outs bound it.
asio::awaitable<Result<Connected>> connect(const Route& route, config::Duration timeout);

}  // namespace postern::delivery
