#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstddef>

#include "base/error.h"
#include "http/router.h"

namespace postern::http {

/// What one client may take up.
struct ServerLimits {
  std::size_t header_size = 16 << 10;  ///< bytes of request line and headers
  std::size_t body_size = 1 << 20;     ///< bytes of a request's body
  std::size_t connections = 64;        ///< at once; more are closed at once
  std::chrono::seconds request{30};    ///< from the first byte of a request to its last
  std::chrono::seconds idle{60};       ///< between two requests of a connection
};

/// Serves a router on a listening unix socket (ipc/listener.h: listen_unix) until the acceptor is closed. Each
/// request carries its caller's credentials, asked of the kernel once a connection. Handlers of different
/// connections interleave on the acceptor's executor. `router` and `policy` must outlive the call and the
/// connections that stand when it returns; both are kept by a daemon for its whole life.
asio::awaitable<void> serve(asio::local::stream_protocol::acceptor acceptor, const Router& router, const Policy& policy,
                            ServerLimits limits = {});

}  // namespace postern::http
