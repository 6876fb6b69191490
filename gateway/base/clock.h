#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// Time of day, UTC, in microseconds: for what people read. It may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
/// Time that only goes forward: for deadlines and intervals.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// The seam to the system's clocks; tests put a clock of their own here and travel in time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;

  /// The clocks of this machine.
  static const Clock& system();
};

/// A clock that stands until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime(std::chrono::seconds(1'800'000'000))) : wall_(wall) {}
  WallTime wall() const override { return wall_; }
  MonoTime mono() const override { return mono_; }
  /// Moves both clocks forward.
  void advance(std::chrono::microseconds by) {
    wall_ += by;
    mono_ += by;
  }
  /// Makes the wall clock jump, as NTP or a person does; the monotonic clock stays.
  void jump(WallTime to) { wall_ = to; }

 private:
  WallTime wall_;
  MonoTime mono_{};
};

/// RFC 3339 in UTC with microseconds: "2026-11-24T02:47:06.123456Z".
std::string format_rfc3339(WallTime time);

/// The reverse, for UTC only: "Z" at the end, at most six digits of fraction; nullopt for anything else.
std::optional<WallTime> parse_rfc3339(std::string_view text);

/// RFC 5322 section 3.3 date in UTC: "Tue, 24 Nov 2026 02:47:06 +0000".
std::string format_rfc5322(WallTime time);

}  // namespace postern
