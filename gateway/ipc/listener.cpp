#include "ipc/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <format>

#include "base/log.h"

namespace postern::ipc {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kPause = std::chrono::milliseconds(200);
}  // namespace

Result<asio::local::stream_protocol::acceptor> listen_unix(const asio::any_io_executor& executor,
                                                           const std::string& path, mode_t mode) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove old socket " + path, errno);
  asio::local::stream_protocol::acceptor acceptor(executor);
  boost::system::error_code error;
  const auto failed = [&](std::string_view what) {
    return fail(ErrorCode::kIo, std::format("{} {}: {}", what, path, error.message()));
  };
  acceptor.open({}, error);
  if (error) return failed("open socket");
  acceptor.bind({path}, error);
  if (error) return failed("bind");
  if (::chmod(path.c_str(), mode) != 0) return fail_errno("chmod " + path, errno);
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen on");
  return acceptor;
}

asio::awaitable<Result<Channel::Socket>> accept_unix(asio::local::stream_protocol::acceptor& acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (!error) co_return std::move(socket);
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
      co_return fail(ErrorCode::kClosed, "the listening socket was closed");
    }
    log::warning("accept failed; trying again", {{"error", error.message()}});
    asio::steady_timer timer(co_await asio::this_coro::executor, kPause);
    co_await timer.async_wait(kAwait);
  }
}

}  // namespace postern::ipc
