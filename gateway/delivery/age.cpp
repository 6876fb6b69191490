#include "delivery/age.h"

#include <algorithm>

namespace postern::delivery {

namespace {

/// What a time server's slewing may add up to between two looks; less is no jump.
constexpr auto kTolerance = std::chrono::seconds(60);
/// More jumps than this are merged: the oldest two become one, at the later's place.
constexpr std::size_t kMaxJumps = 32;

}  // namespace

AgeClock::AgeClock(const Clock& clock) : clock_(clock), wall_(clock.wall()), mono_(clock.mono()) {}

void AgeClock::notice_jumps() {
  const WallTime wall = clock_.wall();
  const MonoTime mono = clock_.mono();
  const auto expected = wall_ + std::chrono::duration_cast<config::Duration>(mono - mono_);
  const auto by = std::chrono::duration_cast<config::Duration>(wall - expected);
  if (by > kTolerance) {
    if (jumps_.size() == kMaxJumps) {
      jumps_[1].by += jumps_[0].by;
      jumps_.erase(jumps_.begin());
    }
    // Stamps of before the jump are at most `expected`; a message that came after it has one near `wall`.
    jumps_.push_back({expected + by / 2, by});
  }
  wall_ = wall;
  mono_ = mono;
}

config::Duration AgeClock::age(std::uint64_t accepted_ms) {
  notice_jumps();
  const WallTime accepted{std::chrono::milliseconds(accepted_ms)};
  config::Duration age = wall_ - accepted;
  for (const Jump& jump : jumps_) {
    if (accepted < jump.before) age -= jump.by;
  }
  return std::max(age, config::Duration::zero());
}

}  // namespace postern::delivery
