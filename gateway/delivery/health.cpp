#include "delivery/health.h"

#include <algorithm>
#include <utility>

#include "delivery/backoff.h"

namespace postern::delivery {

namespace {

/// Handshakes at one time. More would not be faster, and a burst of mail would open more than it can use.
constexpr unsigned kMaxOpening = 8;
/// A server that wants no more connections is not asked again at once.
constexpr auto kGrowthPause = std::chrono::seconds(10);
constexpr double kFactor = 2.0;
constexpr double kJitter = 0.2;

}  // namespace

std::string_view to_string(RouteHealth::State state) {
  switch (state) {
    case RouteHealth::State::kOpen: return "open";
    case RouteHealth::State::kAsleep: return "asleep";
    case RouteHealth::State::kProbing: return "probing";
  }
  std::unreachable();
}

void RouteHealth::set_limits(Limits limits) {
  limits_ = limits;
  window_ = limits.concurrency;
}

RouteHealth::State RouteHealth::state(MonoTime now) const {
  if (failures_ == 0) return State::kOpen;
  return now < wake_at_ ? State::kAsleep : State::kProbing;
}

bool RouteHealth::may_open(MonoTime now, unsigned working, unsigned opening) const {
  switch (state(now)) {
    case State::kOpen: return opening < kMaxOpening && working + opening < window_;
    case State::kAsleep: return false;
    case State::kProbing: return opening == 0 && working == 0;
  }
  std::unreachable();
}

void RouteHealth::opened() {
  failures_ = 0;
  reason_.clear();
}

void RouteHealth::delivered(MonoTime now) {
  if (window_ >= limits_.concurrency || now < grow_at_) return;
  if (++successes_ < window_) return;
  successes_ = 0;
  ++window_;
}

void RouteHealth::failed(MonoTime now, unsigned working, std::string reason, double random) {
  reason_ = std::move(reason);
  successes_ = 0;
  if (working > 0) {
    window_ = std::min(working, limits_.concurrency);
    grow_at_ = now + kGrowthPause;
    return;
  }
  if (state(now) == State::kAsleep) return;
  const config::DeliveryRetry schedule{limits_.first, kFactor, limits_.maximum, kJitter};
  wake_at_ = now + retry_delay(schedule, failures_, random);
  ++failures_;
}

}  // namespace postern::delivery
