#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

#include "base/error.h"
#include "ipc/channel.h"

namespace postern::ipc {

/// Makes a listening unix socket at `path` with exactly `mode`, in place of one that a former process left behind.
/// The folder must exist. Who may say what is decided per connection by peer_credentials(); the mode only keeps
/// strangers from knocking.
Result<asio::local::stream_protocol::acceptor> listen_unix(const asio::any_io_executor& executor,
                                                           const std::string& path, mode_t mode);

/// Waits for the next connection. Survives a shortage of descriptors: it logs, pauses and goes on. kClosed when the
/// acceptor was closed.
asio::awaitable<Result<Channel::Socket>> accept_unix(asio::local::stream_protocol::acceptor& acceptor);

}  // namespace postern::ipc
