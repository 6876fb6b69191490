#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "config/config.h"

namespace postern::delivery {

/// How long ago a message was accepted, by a wall clock that may jump.
///
/// The clock's jumps since the process started are found by comparing it with the monotonic one. A jump forward is
/// taken out of the age of every message that was accepted before it, so that setting the clock (or the first contact
/// of a box without a clock battery with its time server) never expires mail. After a jump backward a message may seem
/// to come from the future: its age is 0 then, and it lives longer rather than shorter.
///
/// Not thread-safe.
class AgeClock {
 public:
  /// `clock` must outlive this.
  explicit AgeClock(const Clock& clock);

  /// Age of a message accepted at `accepted_ms`, milliseconds since 1970 by the wall clock of that moment.
  config::Duration age(std::uint64_t accepted_ms);

 private:
  /// A jump forward: messages whose stamp is older than `before` are younger by `by` than their stamp says.
  struct Jump {
    WallTime before;
    config::Duration by;
  };
  void notice_jumps();

  const Clock& clock_;
  WallTime wall_;
  MonoTime mono_;
  std::vector<Jump> jumps_;
};

}  // namespace postern::delivery
