#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "ipc/pool.h"
#include "ipc/vault_messages.h"

namespace postern::submission {

namespace asio = boost::asio;

/// Asks the vault whether it would take a message now, so that a client is told at MAIL and not after it sent 50 MB.
/// An answer is good for kFresh, so that a busy worker asks once a second and not once a message.
/// Not thread-safe; one a worker.
class VaultProbe {
 public:
  static constexpr std::chrono::milliseconds kFresh{1000};
  static constexpr std::chrono::seconds kPatience{5};

  /// Both must outlive it.
  VaultProbe(ipc::Pool& vault, const Clock& clock) : vault_(vault), clock_(clock) {}

  /// nullopt: yes. Otherwise why not; kStorage also when the vault isn't there.
  asio::awaitable<std::optional<ipc::Refused::Kind>> ask(std::uint64_t size);

 private:
  ipc::Pool& vault_;
  const Clock& clock_;
  MonoTime good_until_{};
  std::uint64_t good_for_ = 0;  ///< bytes
};

}  // namespace postern::submission
