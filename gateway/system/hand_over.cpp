#include "system/hand_over.h"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <deque>
#include <map>
#include <variant>

#include "base/log.h"
#include "ipc/channel.h"
#include "ipc/listener.h"
#include "ipc/peer.h"

namespace postern::system {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kDeadline = std::chrono::seconds(10);
}  // namespace

/// One connection of submit, and what it was told.
struct HandOver::Connection {
  explicit Connection(ipc::Channel::Socket socket)
      : channel(std::move(socket)), wake(channel.executor(), std::chrono::steady_clock::time_point::max()) {}

  using Notice = std::variant<ipc::EndSessions, ipc::ReloadCertificate>;
  ipc::Channel channel;
  asio::steady_timer wake;  ///< never expires; cancelled to say that there is something to tell
  std::map<std::string, std::uint64_t> told;
  std::deque<Notice> notices;
  bool dirty = true;
  bool complete = false;
  bool closed = false;

  void poke() {
    dirty = true;
    wake.cancel();
  }
  void close() {
    closed = true;
    channel.close();
    wake.cancel();
  }
};

asio::awaitable<void> HandOver::serve(asio::local::stream_protocol::acceptor acceptor, uid_t submit) {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    const auto peer = ipc::peer_credentials(socket->native_handle());
    if (!peer || peer->uid != submit) {
      log::warning("a stranger asked for the listening sockets", {{"uid", peer ? std::to_string(peer->uid) : "?"}});
      continue;
    }
    if (connection_) connection_->close();
    connection_ = std::make_shared<Connection>(std::move(*socket));
    for (auto& end : standing_()) connection_->notices.emplace_back(std::move(end));
    asio::co_spawn(acceptor.get_executor(), watch(connection_), asio::detached);
    asio::co_spawn(acceptor.get_executor(), speak(connection_), asio::detached);
  }
}

/// Submit never speaks here, so the first thing that comes is its end.
asio::awaitable<void> HandOver::watch(std::shared_ptr<Connection> connection) {
  const auto frame = co_await connection->channel.receive();
  if (frame) log::warning("postern-submit spoke where it has nothing to say");
  connection->close();
}

asio::awaitable<void> HandOver::speak(std::shared_ptr<Connection> connection) {
  log::info("postern-submit asks for the listening sockets");
  while (!connection->closed) {
    if (!connection->dirty) {
      co_await connection->wake.async_wait(kAwait);
      continue;
    }
    connection->dirty = false;
    auto told = co_await tell_listeners(*connection);
    if (told) told = co_await tell_notices(*connection);
    if (!told) {
      log::warning("handing over listening sockets failed", {{"error", told.error().context}});
      connection->close();
    }
  }
  if (connection_ == connection) connection_.reset();
}

asio::awaitable<Result<void>> HandOver::tell_listeners(Connection& connection) {
  // The set may change while this waits for submit to read: collect first, each listener with a descriptor of its own.
  std::vector<std::string> gone;
  for (const auto& [key, generation] : connection.told) {
    if (!listeners_.all().contains(key)) gone.push_back(key);
  }
  for (const auto& key : gone) {
    connection.told.erase(key);
    auto sent = co_await connection.channel.send(ipc::ListenerRemove{key}, kDeadline);
    if (!sent) co_return sent;
  }
  std::vector<std::string> keys;
  for (const auto& [key, listener] : listeners_.all()) keys.push_back(key);
  for (const auto& key : keys) {
    const auto found = listeners_.all().find(key);
    if (found == listeners_.all().end()) continue;
    const Listener& listener = found->second;
    const auto told = connection.told.find(key);
    if (told != connection.told.end() && told->second == listener.generation) continue;
    connection.told[key] = listener.generation;
    const UniqueFd copy(::dup(listener.socket.get()));
    if (!copy) co_return fail_errno("dup", errno);
    const ipc::ListenerAdd description = listener.description;
    auto sent = co_await connection.channel.send_with_descriptor(description, copy.get(), kDeadline);
    if (!sent) co_return sent;
  }
  if (connection.complete) co_return Result<void>{};
  connection.complete = true;
  co_return co_await connection.channel.send(ipc::ListenersComplete{}, kDeadline);
}

asio::awaitable<Result<void>> HandOver::tell_notices(Connection& connection) {
  while (!connection.notices.empty()) {
    const auto notice = std::move(connection.notices.front());
    connection.notices.pop_front();
    std::visit([&](const auto& message) { connection.channel.queue(message); }, notice);
  }
  if (connection.channel.queued() == 0) co_return Result<void>{};
  co_return co_await connection.channel.flush(kDeadline);
}

void HandOver::listeners_changed() {
  if (connection_) connection_->poke();
}

void HandOver::end_sessions(ipc::EndSessions message) {
  if (!connection_) return;
  connection_->notices.emplace_back(std::move(message));
  connection_->poke();
}

void HandOver::reload_certificate() {
  if (!connection_) return;
  connection_->notices.emplace_back(ipc::ReloadCertificate{});
  connection_->poke();
}

bool HandOver::is_told() const { return connection_ && connection_->complete && !connection_->dirty; }

}  // namespace postern::system
