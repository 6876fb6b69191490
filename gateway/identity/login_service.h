#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "config/config.h"
#include "identity/binding.h"
#include "identity/credential_cache.h"
#include "identity/directory.h"
#include "identity/pam_pool.h"
#include "identity/slots.h"
#include "identity/throttle.h"
#include "ipc/auth_messages.h"

namespace postern::identity {

/// Decides logins. The order is the rule: throttle, person, device, state, then the password (cache, else PAM); every
/// login passes all of them, whatever is cached. All refusals but kUnavailable are answered at the same time after
/// their arrival: at the first multiple of failure_delay that has not passed.
///
/// One thread. Must outlive the calls of answer() that are under way.
class LoginService {
 public:
  /// All must outlive the service. `verifier` runs at most login.pool conversations at once.
  LoginService(asio::any_io_executor executor, const config::Login& login, const config::People& people,
               Verifier& verifier, const Clock& clock = Clock::system());

  asio::awaitable<ipc::LoginReply> answer(ipc::LoginRequest request);

  /// Another configuration from now on, for logins under way too.
  void reload(const config::Login& login);

  /// Figures for /v1/status.
  static constexpr std::size_t kReasons = static_cast<std::size_t>(ipc::LoginReply::Reason::kUnavailable) + 1;
  const std::array<std::uint64_t, kReasons>& replies() const { return replies_; }
  std::uint64_t cache_hits() const { return cache_hits_; }
  const Slots& slots() const { return slots_; }
  CredentialCache& cache() { return cache_; }
  Throttle& throttle() { return throttle_; }
  DirectoryFile& people() { return people_; }

 private:
  using Reason = ipc::LoginReply::Reason;

  /// What is known about a login without its password.
  struct Candidate {
    std::shared_ptr<const Directory> directory;  ///< keeps person and device alive
    const Person* person = nullptr;
    const Device* device = nullptr;
    Reason verdict = Reason::kMalformed;  ///< kOk: the password decides
    Attempt attempt;
  };

  Candidate examine(const ipc::LoginRequest& request, std::string_view user);
  Reason judge(const Candidate& candidate, BindingVerdict binding) const;
  asio::awaitable<ipc::LoginReply> decide(const ipc::LoginRequest& request);
  asio::awaitable<ipc::LoginReply> ask(const ipc::LoginRequest& request, Candidate candidate,
                                       std::chrono::steady_clock::duration deadline);
  ipc::LoginReply conclude(const ipc::LoginRequest& request, Candidate candidate, const PamAnswer& answer);
  /// A reply that needs no hash: throttled, or remembered.
  std::optional<ipc::LoginReply> quick(const ipc::LoginRequest& request, const Candidate& candidate);
  ipc::LoginReply reply(const Candidate& candidate, Reason reason) const;
  /// Name of the PAM service: login.pam_service, for the panel with "-panel" behind it.
  std::string service_of(ipc::LoginRequest::Service service) const;
  /// Drops the cache when people or passwords changed.
  void notice_changes();
  asio::awaitable<void> delay(MonoTime arrived);

  asio::any_io_executor executor_;
  config::Login login_;
  std::string shadow_;
  Verifier& verifier_;
  const Clock& clock_;
  DirectoryFile people_;
  Throttle throttle_;
  CredentialCache cache_;
  Slots slots_;
  FileIdentity passwords_;
  std::uint64_t people_generation_ = 0;
  std::uint64_t changes_ = 0;  ///< counts what notice_changes() noticed
  std::array<std::uint64_t, kReasons> replies_{};
  std::uint64_t cache_hits_ = 0;
};

/// The first multiple of `delay` after `arrived` that is not before `now`; at least one. `arrived` when `delay` is 0.
MonoTime answer_time(MonoTime arrived, MonoTime now, config::Duration delay);

}  // namespace postern::identity
