#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "config/config.h"

namespace postern::delivery {

/// What is known of a route's server: whether to try it now, and with how many connections. Decides only; opens
/// nothing. Not thread-safe; time comes from the caller.
///
/// - A failure to open a session while no other one works puts the route to sleep: first..maximum, doubling, with
///   jitter. When it wakes, one connection probes; only its success lets others follow.
/// - Failures of attempts that ran beside each other count once.
/// - A failure while others work means that the server wants no more of them: the window shrinks to what works now,
///   and after a pause grows by one with each `window` messages delivered.
class RouteHealth {
 public:
  struct Limits {
    unsigned concurrency = 20;
    config::Duration first = std::chrono::seconds(2);
    config::Duration maximum = std::chrono::minutes(5);
  };
  explicit RouteHealth(Limits limits) : limits_(limits), window_(limits.concurrency) {}
  void set_limits(Limits limits);

  enum class State { kOpen, kAsleep, kProbing };
  State state(MonoTime now) const;
  /// Whether one more connection may be opened beside `working` sessions and `opening` attempts.
  bool may_open(MonoTime now, unsigned working, unsigned opening) const;

  /// A session was opened (and logged in).
  void opened();
  /// A message was taken by the server.
  void delivered(MonoTime now);
  /// Opening failed, or a fresh session was refused by 421, while `working` others live. `random` in [0, 1).
  void failed(MonoTime now, unsigned working, std::string reason, double random);
  /// An administrator wants another try at once.
  void wake() { wake_at_ = MonoTime{}; }

  /// When a sleeping route wakes; in the past when it doesn't sleep.
  MonoTime wake_at() const { return wake_at_; }
  unsigned window() const { return window_; }
  /// Failures since the last success; 0: it works as far as is known.
  unsigned failures() const { return failures_; }
  /// Why it last failed.
  const std::string& reason() const { return reason_; }

 private:
  Limits limits_;
  unsigned window_;
  unsigned successes_ = 0;
  unsigned failures_ = 0;
  MonoTime wake_at_{};
  MonoTime grow_at_{};
  std::string reason_;
};

/// "open", "asleep", "probing".
std::string_view to_string(RouteHealth::State state);

}  // namespace postern::delivery
