#include "submission/submission.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "ipc/peer.h"

namespace postern::submission {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::size_t worker_count(const config::Gateway& gateway) {
  return gateway.workers != 0 ? gateway.workers : std::max(1U, std::thread::hardware_concurrency());
}

std::string certificate_event(const TlsContext& tls) {
  return ledger::Event("certificate")
      .field("fingerprint", tls.fingerprint())
      .field("subject", tls.subject())
      .time("not_after", tls.not_after())
      .take();
}

}  // namespace

struct Submission::Thread {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::jthread thread;
};

Result<std::unique_ptr<Submission>> Submission::make(asio::io_context& context, const config::Config& config,
                                                     Options options) {
  auto tickets = std::make_shared<TicketKeys>(config.submission.tls.ticket_lifetime);
  auto tls = TlsContext::load(config.submission.tls, tickets);
  if (!tls) return fail(tls.error());
  return std::unique_ptr<Submission>(new Submission(context, config, options, std::move(tickets), std::move(*tls)));
}

Submission::Submission(asio::io_context& context, const config::Config& config, Options options,
                       std::shared_ptr<TicketKeys> tickets, std::shared_ptr<const TlsContext> tls)
    : options_(options),
      context_(context),
      tickets_(std::move(tickets)),
      tls_(std::move(tls)),
      settings_(Settings::make(config)),
      started_(Clock::system().wall()) {
  const Worker::Shared shared{.ids = ids_, .counters = counters_, .clock = Clock::system()};
  std::vector<Worker*> workers;
  for (std::size_t i = 0; i < worker_count(config.gateway); ++i) {
    asio::any_io_executor executor = context_.get_executor();
    if (i > 0) executor = threads_.emplace_back(std::make_unique<Thread>())->context.get_executor();
    workers_.push_back(std::make_unique<Worker>(std::move(executor), shared, settings_, tls_));
    workers.push_back(workers_.back().get());
  }
  listeners_ = std::make_unique<Listeners>(context_.get_executor(), shared, settings_, std::move(workers));
  link_ =
      std::make_unique<SystemLink>(context_.get_executor(), ipc::socket_path(config.gateway.run, "system", "listeners"),
                                   options_.system_user, static_cast<SystemOrders&>(*this));
}

Submission::~Submission() {
  for (const auto& thread : threads_) thread->context.stop();
}

void Submission::start() {
  for (const auto& thread : threads_) {
    thread->thread = std::jthread([&context = thread->context] { context.run(); });
  }
  with_workers([](Worker& worker) { worker.start(); });
  workers_.front()->tell(
      ledger::Event("start").field("daemon", "postern-submit").number("workers", workers_.size()).take());
  workers_.front()->tell(certificate_event(*tls_));
  asio::co_spawn(context_, link_->run(), asio::detached);
}

void Submission::with_workers(const std::function<void(Worker&)>& what) {
  for (const auto& worker : workers_) {
    asio::dispatch(worker->executor(), [what, &one = *worker] { what(one); });
  }
}

asio::awaitable<void> Submission::stop() {
  link_->stop();
  listeners_->stop();
  workers_.front()->tell(ledger::Event("stop").field("daemon", "postern-submit").take());
  const auto left = std::make_shared<std::size_t>(workers_.size());
  for (const auto& worker : workers_) {
    asio::co_spawn(worker->executor(), worker->stop(options_.stop_bound),
                   [left, front = context_.get_executor()](const std::exception_ptr&) {
                     asio::dispatch(front, [left] { --*left; });
                   });
  }
  asio::steady_timer timer(context_);
  while (*left > 0) {
    timer.expires_after(std::chrono::milliseconds(10));
    co_await timer.async_wait(kAwait);
  }
  for (const auto& thread : threads_) {
    thread->work.reset();
    thread->context.stop();
    thread->thread.join();
  }
}

void Submission::reload_certificate() {
  auto tls = TlsContext::load(settings_->submission.tls, tickets_);
  if (!tls) {
    log::error("the certificate can't be loaded; the old one stays", {{"error", tls.error().context}});
    return;
  }
  tls_ = std::move(*tls);
  with_workers([made = tls_](Worker& worker) { worker.use(made); });
  workers_.front()->tell(certificate_event(*tls_));
  log::notice("certificate loaded", {{"fingerprint", tls_->fingerprint()}});
}

void Submission::reload(const config::Config& config) {
  auto settings = std::make_shared<Settings>(*Settings::make(config));
  settings->gateway.run = settings_->gateway.run;  // the sockets' folder is where it was at the start
  settings_ = std::move(settings);
  with_workers([made = settings_](Worker& worker) { worker.use(made); });
  listeners_->use(settings_);
  reload_certificate();
}

void Submission::add_listener(ipc::ListenerAdd listener, UniqueFd socket) {
  const std::string key = listener.key;
  if (const auto added = listeners_->add(std::move(listener), std::move(socket)); !added) {
    log::error("a listener can't be used", {{"listener", key}, {"error", added.error().context}});
  }
}

void Submission::remove_listener(const std::string& key) { listeners_->remove(key); }

void Submission::keep_listeners(const std::set<std::string>& keys) { listeners_->keep_only(keys); }

void Submission::end_sessions(const ipc::EndSessions& which) {
  with_workers([which](Worker& worker) { worker.end_sessions(which); });
}

asio::awaitable<std::vector<SessionView>> Submission::all_sessions() {
  std::vector<SessionView> all;
  for (const auto& worker : workers_) {
    // Hop to the worker's thread and back.
    co_await asio::dispatch(worker->executor(), asio::use_awaitable);
    auto some = worker->sessions();
    co_await asio::dispatch(context_.get_executor(), asio::use_awaitable);
    std::ranges::move(some, std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &SessionView::id);
  co_return all;
}

}  // namespace postern::submission
