#include "submission/worker.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/log.h"
#include "submission/replies.h"

namespace postern::submission {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// Idle connections kept to the vault and to postern-auth; more are opened when they are needed.
constexpr std::size_t kKeptConnections = 64;
/// How long a revocation is remembered: longer than any login takes.
constexpr std::chrono::minutes kRemember{5};

/// Completion of a session's or a service's coroutine. They report their errors themselves; what comes here is a fault
/// of ours or a lack of memory, and must end one session only.
void log_failure(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error("a session broke down", {{"error", error.what()}});
  }
}

bool matches(const ipc::EndSessions& which, const SessionFacts& facts) {
  if (which.person.empty() && which.sources.empty()) return false;
  if (!which.person.empty() && which.person != facts.person) return false;
  return which.sources.empty() || std::ranges::contains(which.sources, facts.origin.client.address);
}

}  // namespace

Worker::Worker(asio::any_io_executor executor, const Shared& shared, std::shared_ptr<const Settings> settings,
               std::shared_ptr<const TlsContext> tls)
    : executor_(std::move(executor)),
      shared_(shared),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      vault_(ipc::socket_path(settings_->gateway.run, "vault", "hot"), kKeptConnections),
      auth_(ipc::socket_path(settings_->gateway.run, "auth", "hot"), kKeptConnections),
      probe_(vault_, shared.clock),
      events_(executor_, ipc::socket_path(settings_->gateway.run, "vault", "hot")),
      ticker_(executor_) {}

void Worker::start() {
  asio::co_spawn(executor_, events_.run(), log_failure);
  asio::co_spawn(executor_, tick(), log_failure);
}

void Worker::adopt(Connection::Socket socket, Origin origin, std::unique_ptr<Admission> admission) {
  if (stopping_) return;
  auto session = std::make_unique<Session>(*this, std::move(socket), std::move(origin), std::move(admission));
  asio::co_spawn(executor_, Session::run(std::move(session)), log_failure);
}

asio::awaitable<void> Worker::tick() {
  for (;;) {
    ticker_.expires_after(kTick);
    if (const auto [error] = co_await ticker_.async_wait(kAwait); error) co_return;
    const MonoTime now = shared_.clock.mono();
    std::size_t memory = buffers_.lent() * BufferPool::kSize;
    for (Session* session : sessions_) {
      session->tick(now);  // only cancels a wait: the session goes on later, so that the set does not change here
      memory += session->memory();
    }
    memory_.store(memory, std::memory_order_relaxed);
    ledger_full_.store(events_.full(), std::memory_order_relaxed);
    while (!revocations_.empty() && now - revocations_.front().at > kRemember) revocations_.pop_front();
  }
}

std::size_t Worker::end_sessions(const ipc::EndSessions& which) {
  revocations_.push_back({shared_.clock.mono(), which});
  std::size_t ended = 0;
  for (Session* session : sessions_) {
    if (!matches(which, session->facts())) continue;
    session->end(replies::kRevoked, which.reason);
    ++ended;
  }
  return ended;
}

const ipc::EndSessions* Worker::revoked_since(MonoTime asked, const SessionFacts& facts) const {
  for (const Revocation& revocation : revocations_) {
    if (revocation.at >= asked && matches(revocation.which, facts)) return &revocation.which;
  }
  return nullptr;
}

asio::awaitable<void> Worker::stop(std::chrono::milliseconds bound) {
  constexpr std::chrono::seconds kLast{3};
  stopping_ = true;
  for (Session* session : sessions_) session->finish();
  co_await wait_until_gone(shared_.clock.mono() + bound);
  for (Session* session : sessions_) session->end(replies::kStopping, "stop");
  co_await wait_until_gone(shared_.clock.mono() + kLast);
  events_.stop();
  for (const MonoTime until = shared_.clock.mono() + kLast; !events_.empty() && shared_.clock.mono() < until;) {
    co_await pause();
  }
  ticker_.cancel();
}

asio::awaitable<void> Worker::wait_until_gone(MonoTime until) {
  while (!sessions_.empty() && shared_.clock.mono() < until) co_await pause();
}

asio::awaitable<void> Worker::pause() {
  asio::steady_timer timer(executor_, std::chrono::milliseconds(20));
  co_await timer.async_wait(kAwait);
}

void Worker::tell(std::string event) {
  asio::dispatch(executor_, [this, event = std::move(event)]() mutable { events_.add(std::move(event)); });
}

std::vector<SessionView> Worker::sessions() const {
  std::vector<SessionView> views;
  views.reserve(sessions_.size());
  for (const Session* session : sessions_) views.push_back(session->view());
  std::ranges::sort(views, {}, &SessionView::id);
  return views;
}

}  // namespace postern::submission
