#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace postern::spool {

/// One moment in the store's two times.
struct Stamp {
  /// Running time: microseconds that the store has been open, over all its runs. It never jumps and never goes back,
  /// whatever happens to the clock; waiting and age are measured in it. Time in which the box was off does not count:
  /// it can't be told from a clock that was set forward.
  std::uint64_t running = 0;
  /// Time of day, for the ledger. Steps back of less than Timekeeper::kTolerance are held still.
  WallTime wall{};
  /// The clock was set by that much since the last stamp.
  std::optional<std::chrono::microseconds> jump;
};

/// Makes stamps that never run backwards in running time. Not thread-safe.
class Timekeeper {
 public:
  static constexpr std::chrono::seconds kTolerance{5};

  /// `running` and `wall`: the last ones that are on record; a new store passes 0 and the clock's own time.
  Timekeeper(const Clock& clock, std::uint64_t running, WallTime wall)
      : clock_(clock), running_(running), mono_(clock.mono()), wall_(wall), real_wall_(clock.wall()) {}

  Stamp now() {
    const MonoTime mono = clock_.mono();
    const WallTime real = clock_.wall();
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(mono - mono_);
    Stamp stamp;
    running_ += static_cast<std::uint64_t>(passed.count());
    stamp.running = running_;
    const auto jump = real - real_wall_ - passed;
    if (std::chrono::abs(jump) > kTolerance) stamp.jump = jump;
    const bool slightly_back = real < wall_ && wall_ - real <= kTolerance;
    if (!slightly_back) wall_ = real;
    stamp.wall = wall_;
    mono_ += passed;  // what is less than a microsecond stays for the next time
    real_wall_ = real;
    return stamp;
  }

 private:
  const Clock& clock_;
  std::uint64_t running_;
  MonoTime mono_;
  WallTime wall_;
  WallTime real_wall_;
};

}  // namespace postern::spool
