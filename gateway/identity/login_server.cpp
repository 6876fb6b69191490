#include "identity/login_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <string>
#include <utility>

#include "base/log.h"
#include "ipc/channel.h"
#include "ipc/listener.h"
#include "ipc/peer.h"

namespace postern::identity {

namespace {
/// A caller that doesn't read its answer is broken.
constexpr auto kSendDeadline = std::chrono::seconds(10);
}  // namespace

std::optional<ipc::LoginRequest::Service> Callers::service_of(uid_t uid) const {
  if (submission == uid) return ipc::LoginRequest::Service::kSubmission;
  if (panel == uid) return ipc::LoginRequest::Service::kPanel;
  return std::nullopt;
}

asio::awaitable<void> LoginServer::serve(asio::local::stream_protocol::acceptor& acceptor) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    if (connections_ >= kMaxConnections) {
      log::warning("too many connections ask for logins");
      continue;
    }
    asio::co_spawn(executor, serve_one(std::move(*socket)), asio::detached);
  }
}

asio::awaitable<void> LoginServer::serve_one(asio::local::stream_protocol::socket socket) {
  const struct Count {
    explicit Count(std::size_t& count) : count_(count) { ++count_; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { --count_; }
    std::size_t& count_;
  } count(connections_);
  ipc::Channel channel(std::move(socket));
  const auto peer = channel.peer();
  const auto service = peer ? callers_.service_of(peer->uid) : std::nullopt;
  if (!service) {
    log::warning("a stranger asked for logins", {{"uid", peer ? std::to_string(peer->uid) : "?"}});
    co_return;
  }
  for (;;) {
    const auto frame = co_await channel.receive();
    if (!frame) co_return;
    auto request = ipc::parse<ipc::LoginRequest>(*frame);
    channel.wipe_received();
    if (!request || request->service != *service) {
      log::warning("a malformed or forbidden request for a login", {{"uid", std::to_string(peer->uid)}});
      co_return;
    }
    const auto reply = co_await service_.answer(std::move(*request));
    if (const auto sent = co_await channel.send(reply, kSendDeadline); !sent) co_return;
  }
}

}  // namespace postern::identity
