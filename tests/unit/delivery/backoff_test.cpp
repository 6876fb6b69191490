#include "delivery/backoff.h"

#include <catch2/catch_test_macros.hpp>

#include "base/clock.h"
#include "delivery/age.h"
#include "delivery/health.h"

using namespace postern;
using namespace postern::delivery;
using namespace std::chrono_literals;

TEST_CASE("the wait for the next attempt grows by the factor up to the maximum") {
  const config::DeliveryRetry retry{.first = 5min, .factor = 2.0, .maximum = 4h, .jitter = 0.0};
  CHECK(retry_delay(retry, 0, 0.5) == 5min);
  CHECK(retry_delay(retry, 1, 0.5) == 10min);
  CHECK(retry_delay(retry, 5, 0.5) == 160min);
  CHECK(retry_delay(retry, 6, 0.5) == 4h);
  CHECK(retry_delay(retry, 4'000'000'000U, 0.5) == 4h);
}

TEST_CASE("jitter spreads the wait in both directions and no further") {
  const config::DeliveryRetry retry{.first = 100s, .factor = 2.0, .maximum = 1h, .jitter = 0.2};
  CHECK(retry_delay(retry, 0, 0.0) == 80s);
  CHECK(retry_delay(retry, 0, 0.5) == 100s);
  const auto most = retry_delay(retry, 0, 0.999999);
  CHECK(most > 119s);
  CHECK(most < 120s);
  for (int i = 0; i < 1000; ++i) {
    const double unit = random_unit();
    REQUIRE(unit >= 0.0);
    REQUIRE(unit < 1.0);
  }
}

TEST_CASE("a message's age does not see the clock jump") {
  ManualClock clock;
  AgeClock ages(clock);
  const auto stamp = [&] { return static_cast<std::uint64_t>(clock.wall().time_since_epoch() / 1ms); };
  const std::uint64_t before = stamp();
  clock.advance(1h);
  CHECK(ages.age(before) == 1h);

  SECTION("forward: what was accepted before it is not older, what comes after counts from its own stamp") {
    clock.jump(clock.wall() + std::chrono::days(30));
    CHECK(ages.age(before) == 1h);
    const std::uint64_t after = stamp();
    clock.advance(2h);
    CHECK(ages.age(before) == 3h);
    CHECK(ages.age(after) == 2h);
    clock.jump(clock.wall() + std::chrono::days(400));
    clock.advance(1h);
    CHECK(ages.age(before) == 4h);
    CHECK(ages.age(after) == 3h);
  }
  SECTION("backward: age is never negative") {
    clock.jump(clock.wall() - std::chrono::days(30));
    CHECK(ages.age(before) == 0h);
  }
  SECTION("small steps of a time server are no jump") {
    clock.jump(clock.wall() + 30s);
    CHECK(ages.age(before) == 1h + 30s);
  }
  SECTION("very many jumps are still taken out") {
    for (int i = 0; i < 100; ++i) {
      clock.jump(clock.wall() + std::chrono::days(1));
      CHECK(ages.age(before) == 1h);
    }
  }
}

TEST_CASE("a route that can't be reached sleeps longer each time, and one probe decides") {
  ManualClock clock;
  RouteHealth health({.concurrency = 20, .first = 2s, .maximum = 1min});
  CHECK(health.may_open(clock.mono(), 0, 0));
  health.failed(clock.mono(), 0, "connect: refused", 0.5);
  CHECK(health.state(clock.mono()) == RouteHealth::State::kAsleep);
  CHECK_FALSE(health.may_open(clock.mono(), 0, 0));
  CHECK(health.wake_at() - clock.mono() == 2s);

  clock.advance(2s);
  CHECK(health.state(clock.mono()) == RouteHealth::State::kProbing);
  CHECK(health.may_open(clock.mono(), 0, 0));
  CHECK_FALSE(health.may_open(clock.mono(), 0, 1));
  health.failed(clock.mono(), 0, "connect: refused", 0.5);
  CHECK(health.wake_at() - clock.mono() == 4s);
  for (int i = 0; i < 20; ++i) {
    clock.advance(1min);
    health.failed(clock.mono(), 0, "connect: refused", 0.5);
  }
  CHECK(health.wake_at() - clock.mono() == 1min);
  CHECK(health.reason() == "connect: refused");

  health.wake();
  CHECK(health.state(clock.mono()) == RouteHealth::State::kProbing);
  health.opened();
  CHECK(health.state(clock.mono()) == RouteHealth::State::kOpen);
  CHECK(health.failures() == 0);
}

TEST_CASE("attempts that fail side by side count as one failure") {
  ManualClock clock;
  RouteHealth health({.concurrency = 20, .first = 2s, .maximum = 1min});
  for (int i = 0; i < 8; ++i) health.failed(clock.mono(), 0, "connect: refused", 0.5);
  CHECK(health.failures() == 1);
  CHECK(health.wake_at() - clock.mono() == 2s);
}

TEST_CASE("a server that refuses more sessions while others work shrinks the window, which grows again") {
  ManualClock clock;
  RouteHealth health({.concurrency = 20, .first = 2s, .maximum = 1min});
  CHECK(health.may_open(clock.mono(), 3, 0));
  health.failed(clock.mono(), 3, "greeting: 421 too many", 0.5);
  CHECK(health.state(clock.mono()) == RouteHealth::State::kOpen);
  CHECK(health.window() == 3);
  CHECK_FALSE(health.may_open(clock.mono(), 3, 0));
  for (int i = 0; i < 100; ++i) health.delivered(clock.mono());
  CHECK(health.window() == 3);
  clock.advance(10s);
  for (int i = 0; i < 3; ++i) health.delivered(clock.mono());
  CHECK(health.window() == 4);
  for (int i = 0; i < 1000; ++i) health.delivered(clock.mono());
  CHECK(health.window() == 20);
}

TEST_CASE("a burst does not open more handshakes at once than help") {
  ManualClock clock;
  const RouteHealth health({.concurrency = 100, .first = 2s, .maximum = 1min});
  CHECK(health.may_open(clock.mono(), 0, 7));
  CHECK_FALSE(health.may_open(clock.mono(), 0, 8));
}
