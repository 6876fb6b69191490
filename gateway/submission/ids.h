#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace postern::submission {

/// Makes the ids of sessions and messages (base32_id() prints them): 42 bits of milliseconds since 1970, 22 random
/// bits. Never the same twice and never backwards in a process, whatever the clock does; another process (after a
/// restart) meets an old one with a chance of 1 : 4 million even if the clock jumped back to the very millisecond, and
/// the vault refuses an id that is in use. Never 0. Thread-safe.
class IdSource {
 public:
  explicit IdSource(const Clock& clock = Clock::system()) : clock_(clock) {}
  std::uint64_t next();

 private:
  const Clock& clock_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace postern::submission
