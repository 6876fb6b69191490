#include "delivery/dispatcher.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "delivery/backoff.h"
#include "ledger/event.h"

namespace postern::delivery {

namespace {

using namespace std::chrono_literals;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// For the vault's answers when content is read.
constexpr auto kContentDeadline = 60s;
/// For the vault's last confirmations when the daemon stops.
constexpr auto kSettleDeadline = 5s;
/// A message that several sessions lost without a trace is deferred like others.
constexpr unsigned kMaxMoves = 3;
/// Messages claimed ahead of those that sessions carry, so that none waits for the vault.
constexpr std::size_t kMaxAhead = 64;

RouteHealth::Limits limits_of(const config::Delivery& settings) {
  return {settings.concurrency, settings.retry.route_first, settings.retry.route_maximum};
}

}  // namespace

Dispatcher::Dispatcher(asio::any_io_executor executor, const Clock& clock, std::string vault_socket, Plan plan)
    : executor_(std::move(executor)),
      clock_(clock),
      settings_(std::move(plan.settings)),
      route_(std::move(plan.route)),
      problem_(std::move(plan.problem)),
      health_(limits_of(settings_)),
      ages_(clock),
      link_(executor_, vault_socket,
            {[this](ipc::Claimed claimed, std::uint64_t epoch) { on_claimed(std::move(claimed), epoch); },
             [this] { refill(); }, [this] { on_lost(); }}),
      contents_(std::move(vault_socket), settings_.concurrency),
      wake_timer_(executor_),
      sweep_timer_(executor_),
      changed_(executor_) {}

asio::awaitable<void> Dispatcher::run() { co_await link_.run(); }

// ---------------------------------------------------------------------------------------- messages in and out

void Dispatcher::refill() {
  if (stopping_ || !route_) return;
  const std::size_t capacity = settings_.concurrency + std::min<std::size_t>(settings_.concurrency, kMaxAhead);
  const std::size_t held = parked_.size() + in_flight_.size();
  if (held < capacity) link_.want(capacity - held);
}

void Dispatcher::on_claimed(ipc::Claimed claimed, std::uint64_t epoch) {
  if (stopping_) return;  // closing the connection gives it back
  if (const auto known = in_flight_.find(claimed.id); known != in_flight_.end()) {
    // It was claimed on a connection that broke and is still on its way: what comes of it settles this claim.
    known->second->epoch = epoch;
    refill();
    return;
  }
  auto envelope = spool::decode_envelope(claimed.envelope);
  if (!envelope || std::ranges::any_of(claimed.due, [&](auto i) { return i >= envelope->recipients.size(); })) {
    // The claim stays with this connection: the vault is the one to set a damaged message aside.
    log::error("the vault gave a message with a damaged envelope", {{"message", base32_id(claimed.id)}});
    return;
  }
  auto job = std::make_unique<Job>();
  job->id = claimed.id;
  job->epoch = epoch;
  job->attempts = claimed.attempts;
  job->accepted_ms = claimed.accepted_ms;
  job->envelope = std::move(*envelope);
  job->due = std::move(claimed.due);
  job->size = claimed.size;
  job->head = std::move(claimed.head);
  job->settle.id = job->id;
  parked_.push_back(std::move(job));
  if (health_.state(clock_.mono()) == RouteHealth::State::kAsleep) fail_expired();
  pump();
}

void Dispatcher::on_lost() {
  // The claims of what has not begun are void; the vault hands the messages out again.
  parked_.clear();
}

std::unique_ptr<Job> Dispatcher::next_job() {
  if (parked_.empty()) return nullptr;
  auto job = std::move(parked_.front());
  parked_.pop_front();
  return job;
}

void Dispatcher::park_again(std::unique_ptr<Job> job) {
  // With its claim void it comes again by itself, and must not be here twice.
  if (link_.connected() && job->epoch == link_.epoch()) parked_.push_front(std::move(job));
}

void Dispatcher::finish(std::unique_ptr<Job> job, bool counts, config::Duration retry_after) {
  job->settle.counts = counts;
  job->settle.retry_after_ms =
      job->deferred ? static_cast<std::uint64_t>(retry_after / std::chrono::milliseconds(1)) : 0;
  count(*job);
  link_.settle(std::move(job->settle), job->epoch);
  job.reset();
  refill();
}

void Dispatcher::count(const Job& job) {
  ++counters_.messages;
  bool any = false;
  for (const auto& recipient : job.settle.recipients) {
    switch (recipient.outcome) {
      case ipc::Settle::Outcome::kDelivered:
        ++counters_.delivered;
        any = true;
        break;
      case ipc::Settle::Outcome::kDeferred: ++counters_.deferred; break;
      case ipc::Settle::Outcome::kFailed: ++counters_.failed; break;
    }
  }
  if (any) counters_.bytes += job.size;
  counters_.uncertain += job.uncertain;
}

bool Dispatcher::expired(const Job& job) { return ages_.age(job.accepted_ms) >= settings_.expire; }

void Dispatcher::fail_expired() {
  std::deque<std::unique_ptr<Job>> kept;
  std::vector<std::unique_ptr<Job>> over;
  for (auto& job : parked_) {
    if (expired(*job)) {
      over.push_back(std::move(job));
    } else {
      kept.push_back(std::move(job));
    }
  }
  parked_ = std::move(kept);
  for (auto& job : over) defer_for_route(std::move(job), last_failure_);
}

// --------------------------------------------------------------------------------------------------- sessions

Dispatcher::SessionPtr Dispatcher::take_idle() {
  // The one used last is the likeliest to be alive; the others get their chance to grow old and close.
  while (!idle_.empty()) {
    SessionPtr session = std::move(idle_.back().session);
    idle_.pop_back();
    if (session->still_good()) return session;
    session->close();
  }
  return nullptr;
}

void Dispatcher::pump() {
  if (stopping_ || !route_) return;
  while (!parked_.empty()) {
    SessionPtr session = take_idle();
    if (!session) break;
    active_.insert(session.get());
    asio::co_spawn(executor_, serve(std::move(session), next_job()), asio::detached);
  }
  const auto now = clock_.mono();
  while (parked_.size() > opening_ && health_.may_open(now, static_cast<unsigned>(sessions()), opening_)) {
    ++opening_;
    asio::co_spawn(executor_, open_one(), asio::detached);
  }
  if (!parked_.empty() && health_.state(now) == RouteHealth::State::kAsleep) schedule_wake();
}

asio::awaitable<void> Dispatcher::open_one() {
  const RoutePtr route = route_;
  auto opened = co_await Session::open(route, settings_.timeouts);
  --opening_;
  changed_.cancel();
  if (!opened) {
    ++counters_.sessions_failed;
    route_failed(route, opened.error(), next_job(), sessions());
    pump();
    co_return;
  }
  ++counters_.sessions;
  route_opened(**opened);
  active_.insert(opened->get());
  auto job = next_job();
  pump();  // a route that was only probed is open now
  co_await serve(std::move(*opened), std::move(job));
}

asio::awaitable<void> Dispatcher::serve(SessionPtr session, std::unique_ptr<Job> job) {
  bool good = true;
  while (job && good) {
    if (session->messages() > 0) ++counters_.reused;
    good = co_await carry(*session, std::move(job)) && !worn(*session) && !stopping_;
    if (good) job = next_job();
  }
  active_.erase(session.get());
  changed_.cancel();
  if (session->usable() && !worn(*session) && !stopping_) {
    idle_.push_back({std::move(session), clock_.mono()});
    schedule_sweep();
  } else {
    spawn_quit(std::move(session));
  }
  pump();
}

asio::awaitable<bool> Dispatcher::carry(Session& session, std::unique_ptr<Job> job) {
  Circumstances circumstances;
  circumstances.expired = expired(*job);
  circumstances.retry_after = retry_delay(settings_.retry, job->attempts, random_unit());
  in_flight_.emplace(job->id, job.get());
  DeliveryEnd end;
  {
    VaultContent content(contents_, job->id, job->size, std::move(job->head), kContentDeadline);
    end = co_await deliver(session, *job, content, settings_.recipients_per_transaction, circumstances);
    job->head = content.take_head();
  }
  in_flight_.erase(job->id);
  if (end.moved) {
    on_moved(session, std::move(job), end);
    co_return false;
  }
  if (session.usable()) health_.delivered(clock_.mono());
  finish(std::move(job), !end.local_fault, circumstances.retry_after);
  co_return session.usable();
}

void Dispatcher::on_moved(const Session& session, std::unique_ptr<Job> job, const DeliveryEnd& end) {
  if (session.messages() > 1 && ++job->moves <= kMaxMoves) {
    // The server closed a session that it had used before: its right, and no news about the route.
    park_again(std::move(job));
    return;
  }
  route_failed(session.route(), {"mail", end.reply, session.remote()}, std::move(job), sessions() - 1);
}

bool Dispatcher::worn(const Session& session) const {
  return session.route() != route_ || session.messages() >= settings_.messages_per_connection;
}

void Dispatcher::spawn_quit(SessionPtr session) {
  if (!session->usable()) {
    session->close();
    return;
  }
  asio::co_spawn(
      executor_, [](SessionPtr owned) -> asio::awaitable<void> { co_await owned->quit(); }(std::move(session)),
      asio::detached);
}

void Dispatcher::schedule_sweep() {
  if (idle_.empty()) return;
  const MonoTime oldest = std::ranges::min_element(idle_, {}, &Idle::since)->since;
  sweep_timer_.expires_after(std::max<MonoTime::duration>(oldest + settings_.timeouts.idle - clock_.mono(), 1ms));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep_idle();
  });
}

void Dispatcher::sweep_idle() {
  const MonoTime limit = clock_.mono() - settings_.timeouts.idle;
  for (auto& idle : idle_) {
    if (idle.since <= limit) spawn_quit(std::move(idle.session));
  }
  std::erase_if(idle_, [](const Idle& idle) { return !idle.session; });
  schedule_sweep();
}

// ------------------------------------------------------------------------------------------------- the route

void Dispatcher::route_opened(const Session& session) {
  if (health_.failures() > 0) {
    log::notice("route works again", {{"route", session.route()->name}, {"remote", session.remote()}});
    link_.event(ledger::Event("route-up")
                    .field("route", session.route()->name)
                    .field("host", session.route()->host)
                    .field("remote", session.remote())
                    .take());
  }
  health_.opened();
}

void Dispatcher::route_failed(const RoutePtr& route, const OpenFailure& failure, std::unique_ptr<Job> victim,
                              std::size_t working) {
  if (route != route_) {
    // An old route's failure says nothing about the new one.
    if (victim) park_again(std::move(victim));
    return;
  }
  const bool was_open = health_.failures() == 0;
  last_failure_ = failure;
  health_.failed(clock_.mono(), static_cast<unsigned>(working), failure.stage + ": " + failure.reason, random_unit());
  if (health_.failures() == 0) {
    // Others work: the server merely takes no more sessions, and the message waits for one of them.
    if (victim) park_again(std::move(victim));
    return;
  }
  if (was_open) {
    log::warning("route fails", {{"route", route->name}, {"stage", failure.stage}, {"reason", failure.reason}});
    link_.event(ledger::Event("route-down")
                    .field("route", route->name)
                    .field("host", route->host)
                    .field("remote", failure.remote)
                    .field("stage", failure.stage)
                    .field("reason", failure.reason)
                    .take());
  }
  if (victim) defer_for_route(std::move(victim), failure);
  fail_expired();
}

void Dispatcher::defer_for_route(std::unique_ptr<Job> job, const OpenFailure& failure) {
  Circumstances circumstances;
  circumstances.expired = expired(*job);
  circumstances.retry_after =
      std::chrono::duration_cast<config::Duration>(std::max<MonoTime::duration>(health_.wake_at() - clock_.mono(), 1s));
  note_unreachable(*job, *route_, failure, circumstances);
  finish(std::move(job), false, circumstances.retry_after);
}

void Dispatcher::schedule_wake() {
  const auto wait = std::max<MonoTime::duration>(health_.wake_at() - clock_.mono(), 1ms);
  wake_timer_.expires_after(wait);
  wake_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pump();
  });
}

bool Dispatcher::retry_now() {
  if (health_.state(clock_.mono()) != RouteHealth::State::kAsleep) return false;
  health_.wake();
  pump();
  return true;
}

void Dispatcher::reload(Plan plan) {
  settings_ = std::move(plan.settings);
  route_ = std::move(plan.route);
  problem_ = std::move(plan.problem);
  health_ = RouteHealth(limits_of(settings_));
  for (auto& idle : std::exchange(idle_, {})) spawn_quit(std::move(idle.session));
  refill();
  pump();
}

// ------------------------------------------------------------------------------------------------------- end

asio::awaitable<void> Dispatcher::stop() {
  stopping_ = true;
  parked_.clear();
  for (auto& idle : std::exchange(idle_, {})) spawn_quit(std::move(idle.session));
  const MonoTime end = clock_.mono() + settings_.timeouts.stop;
  while ((!active_.empty() || opening_ > 0) && clock_.mono() < end) {
    changed_.expires_at(end);
    co_await changed_.async_wait(kAwait);
  }
  for (Session* session : active_) session->close();
  const MonoTime settled = clock_.mono() + kSettleDeadline;
  while ((!active_.empty() || !link_.quiet()) && clock_.mono() < settled) {
    changed_.expires_after(10ms);
    co_await changed_.async_wait(kAwait);
  }
  wake_timer_.cancel();
  sweep_timer_.cancel();
  link_.close();
}

Snapshot Dispatcher::snapshot() const {
  Snapshot shot;
  const MonoTime now = clock_.mono();
  shot.route = route_;
  shot.problem = problem_;
  shot.state = health_.state(now);
  shot.failures = health_.failures();
  shot.window = health_.window();
  shot.reason = health_.reason();
  if (shot.state == RouteHealth::State::kAsleep) {
    shot.wakes_in = std::chrono::ceil<std::chrono::milliseconds>(health_.wake_at() - now);
  }
  shot.parked = parked_.size();
  shot.in_flight = in_flight_.size();
  shot.sessions = sessions();
  shot.idle = idle_.size();
  shot.opening = opening_;
  shot.vault_connected = link_.connected();
  shot.unsettled = link_.unsettled();
  shot.counters = counters_;
  return shot;
}

}  // namespace postern::delivery
