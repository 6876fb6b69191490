#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "ipc/listener_messages.h"
#include "ipc/pool.h"
#include "submission/buffers.h"
#include "submission/counters.h"
#include "submission/event_sink.h"
#include "submission/ids.h"
#include "submission/session.h"
#include "submission/settings.h"
#include "submission/tls_context.h"
#include "submission/vault_probe.h"

namespace postern::submission {

/// The sessions of one thread and everything that they share: connections to vault and auth, read buffers, the way to
/// the ledger, the ticker for deadlines. Everything but the members that say otherwise is called on its executor, which
/// has one thread.
class Worker {
 public:
  /// What all workers share; must outlive them. Both parts are thread-safe.
  struct Shared {
    IdSource& ids;
    Counters& counters;
    const Clock& clock;
  };

  /// How late a deadline may be noticed.
  static constexpr std::chrono::milliseconds kTick{250};

  Worker(asio::any_io_executor executor, const Shared& shared, std::shared_ptr<const Settings> settings,
         std::shared_ptr<const TlsContext> tls);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts what runs beside the sessions. Once.
  void start();
  /// Serves a client that passed the gate.
  void adopt(Connection::Socket socket, Origin origin, std::unique_ptr<Admission> admission);
  /// For sessions and handshakes from now on.
  void use(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }
  void use(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

  /// Ends the sessions that are meant now, and those that are just logging in when their login is granted. How many
  /// stood.
  std::size_t end_sessions(const ipc::EndSessions& which);
  /// Lets open transactions finish, ends the other sessions, and after `bound` all; then sends the last events. A
  /// session that waits for an answer of the vault may still be there afterwards: as long as session_count() is not 0,
  /// neither the worker nor its io_context may be destroyed.
  asio::awaitable<void> stop(std::chrono::milliseconds bound);

  std::vector<SessionView> sessions() const;
  std::size_t session_count() const { return sessions_.size(); }
  /// Buffers and messages in memory, in bytes. Any thread; as of the last tick.
  std::size_t memory() const { return memory_.load(std::memory_order_relaxed); }
  /// Whether the ledger can't take what new sessions would have to say. Any thread.
  bool ledger_full() const { return ledger_full_.load(std::memory_order_relaxed); }

  /// An event that belongs to no session. Any thread.
  void tell(std::string event);

  // For the sessions.
  const asio::any_io_executor& executor() const { return executor_; }
  const Clock& clock() const { return shared_.clock; }
  const std::shared_ptr<const Settings>& settings() const { return settings_; }
  const std::shared_ptr<const TlsContext>& tls() const { return tls_; }
  IdSource& ids() { return shared_.ids; }
  Counters& counters() { return shared_.counters; }
  ipc::Pool& vault() { return vault_; }
  ipc::Pool& auth() { return auth_; }
  VaultProbe& probe() { return probe_; }
  EventSink& events() { return events_; }
  BufferPool& buffers() { return buffers_; }
  TlsScratch& scratch() { return scratch_; }
  void enter(Session& session) { sessions_.insert(&session); }
  void leave(Session& session) { sessions_.erase(&session); }
  /// Why a login granted now, but asked for at `asked`, is void: it was revoked in between. nullptr: it is not.
  const ipc::EndSessions* revoked_since(MonoTime asked, const SessionFacts& facts) const;

 private:
  struct Revocation {
    MonoTime at;
    ipc::EndSessions which;
  };
  asio::awaitable<void> tick();
  asio::awaitable<void> wait_until_gone(MonoTime until);
  asio::awaitable<void> pause();

  const asio::any_io_executor executor_;
  const Shared shared_;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<const TlsContext> tls_;
  ipc::Pool vault_;
  ipc::Pool auth_;
  VaultProbe probe_;
  EventSink events_;
  BufferPool buffers_;
  TlsScratch scratch_;
  std::unordered_set<Session*> sessions_;
  std::deque<Revocation> revocations_;
  asio::steady_timer ticker_;
  std::atomic<std::size_t> memory_{0};
  std::atomic<bool> ledger_full_{false};
  bool stopping_ = false;
};

}  // namespace postern::submission
