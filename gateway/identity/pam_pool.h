#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "identity/pam_launcher.h"
#include "identity/pam_messages.h"

namespace postern::identity {

namespace asio = boost::asio;

/// Who checks a password: PAM in production, a stand-in in unit tests.
class Verifier {
 public:
  virtual ~Verifier() = default;
  /// One conversation; how many run at once is the caller's business. kTimeout after `deadline`, kUnavailable when it
  /// failed for another reason than the password. The request must outlive the call.
  virtual asio::awaitable<Result<PamAnswer>> verify(const PamRequest& request,
                                                    std::chrono::steady_clock::duration deadline) = 0;
};

/// Conversations in workers of the launcher, one process each; those that take too long are killed. One thread. The
/// launcher must outlive it.
class PamPool final : public Verifier {
 public:
  PamPool(asio::any_io_executor executor, PamLauncher& launcher)
      : executor_(std::move(executor)), launcher_(launcher) {}

  asio::awaitable<Result<PamAnswer>> verify(const PamRequest& request,
                                            std::chrono::steady_clock::duration deadline) override;

  std::uint64_t started() const { return next_id_; }
  std::uint64_t killed() const { return killed_; }

 private:
  asio::any_io_executor executor_;
  PamLauncher& launcher_;
  std::uint64_t next_id_ = 0;
  std::uint64_t killed_ = 0;
};

}  // namespace postern::identity
