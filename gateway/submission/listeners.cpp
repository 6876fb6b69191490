#include "submission/listeners.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/log.h"
#include "base/mutant.h"
#include "gate/arrival.h"
#include "submission/replies.h"

namespace postern::submission {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPause{200};

/// A place among the connections. They are counted on the front's executor, the session lives on its worker's.
class Place final : public Admission {
 public:
  Place(asio::any_io_executor front, std::shared_ptr<gate::Connections> connections, gate::Connections::Slot slot)
      : front_(std::move(front)), held_(std::make_shared<Held>(std::move(connections), std::move(slot))) {}
  ~Place() override {
    asio::dispatch(front_, [held = std::move(held_)] {});  // the last owner goes there
  }
  void logged_in() override {
    asio::dispatch(front_, [held = held_] { held->slot.logged_in(); });
  }

 private:
  struct Held {
    Held(std::shared_ptr<gate::Connections> owner, gate::Connections::Slot place)
        : connections(std::move(owner)), slot(std::move(place)) {}
    std::shared_ptr<gate::Connections> connections;
    gate::Connections::Slot slot;
  };
  asio::any_io_executor front_;
  std::shared_ptr<Held> held_;
};

gate::Connections::Limits limits_of(const Settings& settings) {
  const config::SubmissionLimits& limits = settings.submission.limits;
  return {.total = limits.connections,
          .per_source = limits.connections_per_address,
          .before_login = limits.connections_before_login};
}

}  // namespace

struct Listeners::Listener {
  ipc::ListenerAdd facts;
  gate::GateRule rule;
  asio::ip::tcp::acceptor acceptor;

  void close() {
    boost::system::error_code ignored;  // it is closed either way
    acceptor.close(ignored);
  }
};

Listeners::Listeners(asio::any_io_executor executor, const Worker::Shared& shared,
                     std::shared_ptr<const Settings> settings, std::vector<Worker*> workers)
    : executor_(std::move(executor)),
      shared_(shared),
      settings_(std::move(settings)),
      workers_(std::move(workers)),
      connections_(std::make_shared<gate::Connections>(limits_of(*settings_))),
      refusals_(shared.clock),
      refusals_timer_(executor_) {
  asio::co_spawn(executor_, report_refusals(), asio::detached);
}

Listeners::~Listeners() = default;

Result<void> Listeners::add(ipc::ListenerAdd facts, UniqueFd socket) {
  const auto version = facts.local.address.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
  asio::ip::tcp::acceptor acceptor(executor_);
  boost::system::error_code error;
  acceptor.assign(version, socket.get(), error);
  if (error) {
    return fail(ErrorCode::kInvalid, "listener " + facts.key + ": " + error.message());
  }
  std::ignore = socket.release();
  acceptor.native_non_blocking(true, error);
  gate::GateRule rule{.link = facts.link,
                      .ifindex = facts.ifindex,
                      .kind = facts.network,
                      .networks = facts.sources,
                      .refused = facts.refused};
  auto listener = std::make_shared<Listener>(std::move(facts), std::move(rule), std::move(acceptor));
  remove(listener->facts.key);
  listeners_[listener->facts.key] = listener;
  log::info("listening", {{"on", listener->facts.key}});
  asio::co_spawn(executor_, accept(std::move(listener)), asio::detached);
  return {};
}

void Listeners::remove(const std::string& key) {
  const auto found = listeners_.find(key);
  if (found == listeners_.end()) return;
  found->second->close();
  listeners_.erase(found);
}

void Listeners::keep_only(const std::set<std::string>& keys) {
  std::erase_if(listeners_, [&](const auto& entry) {
    const bool gone = !keys.contains(entry.first);
    if (gone) entry.second->close();
    return gone;
  });
}

void Listeners::stop() {
  keep_only({});
  refusals_timer_.cancel();
}

void Listeners::use(std::shared_ptr<const Settings> settings) {
  settings_ = std::move(settings);
  connections_->set_limits(limits_of(*settings_));
}

std::vector<ipc::ListenerAdd> Listeners::list() const {
  std::vector<ipc::ListenerAdd> views;
  for (const auto& [key, listener] : listeners_) views.push_back(listener->facts);
  return views;
}

Worker& Listeners::next_worker() { return *workers_[turn_++ % workers_.size()]; }

const char* Listeners::overload() const {
  std::size_t memory = 0;
  for (const Worker* worker : workers_) {
    if (worker->ledger_full()) return "ledger";
    memory += worker->memory();
  }
  return memory > settings_->submission.limits.memory ? "memory" : nullptr;
}

asio::awaitable<void> Listeners::accept(std::shared_ptr<Listener> listener) {
  asio::steady_timer timer(executor_);
  while (listener->acceptor.is_open()) {
    Worker& worker = next_worker();
    if (worker.ledger_full()) {
      timer.expires_after(kPause);
      co_await timer.async_wait(kAwait);
      continue;
    }
    auto [error, socket] = co_await listener->acceptor.async_accept(worker.executor(), kAwait);
    if (!error) {
      take(*listener, Socket(std::move(socket)), worker);
      continue;
    }
    if (!listener->acceptor.is_open()) break;
    if (error == asio::error::connection_aborted) continue;
    log::warning("accept failed; trying again", {{"on", listener->facts.key}, {"error", error.message()}});
    timer.expires_after(kPause);
    co_await timer.async_wait(kAwait);
  }
}

void Listeners::take(const Listener& listener, Socket socket, Worker& worker) {
  const auto arrival = gate::arrival_of(socket.native_handle());
  if (!arrival) return;  // it is gone again
  if (const auto verdict = gate::judge(listener.rule, *arrival);
      verdict != gate::Verdict::kAllowed && !mutant(Mutant::kSourceCheck)) {
    ++shared_.counters.refused;
    refuse(listener, arrival->source, gate::to_string(verdict));
    return;
  }
  if (const char* what = overload()) {
    turn_away(listener, socket, arrival->source, what);
    return;
  }
  auto slot = connections_->admit(arrival->source);
  if (!slot) {
    turn_away(listener, socket, arrival->source, gate::to_string(slot.error()));
    return;
  }
  ++shared_.counters.accepted;
  boost::system::error_code ignored;  // the port is only told, nothing depends on it
  Origin origin{.client = {arrival->source, socket.remote_endpoint(ignored).port()},
                .local = {arrival->local, listener.facts.local.port},
                .link = listener.facts.link,
                .network = listener.facts.network,
                .mode = listener.facts.mode};
  asio::dispatch(worker.executor(),
                 [&worker, socket = std::move(socket), origin = std::move(origin),
                  place = std::make_unique<Place>(executor_, connections_, std::move(*slot))]() mutable {
                   worker.adopt(std::move(socket), std::move(origin), std::move(place));
                 });
}

void Listeners::refuse(const Listener& listener, const IpAddress& source, std::string_view reason) {
  for (std::string& event : refusals_.note(source, listener.facts.link, reason)) {
    workers_.front()->tell(std::move(event));
  }
}

void Listeners::turn_away(const Listener& listener, Socket& socket, const IpAddress& source, std::string_view reason) {
  ++shared_.counters.turned_away;
  refuse(listener, source, reason);
  if (listener.facts.mode == ipc::ListenerAdd::Mode::kSubmissions) return;  // TLS comes first there
  std::string line;
  smtp::append_reply(line, replies::kTooManyConnections);
  ::send(socket.native_handle(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

asio::awaitable<void> Listeners::report_refusals() {
  for (;;) {
    refusals_timer_.expires_after(std::chrono::seconds(1));
    if (const auto [error] = co_await refusals_timer_.async_wait(kAwait); error) co_return;
    for (std::string& event : refusals_.due()) workers_.front()->tell(std::move(event));
  }
}

}  // namespace postern::submission
