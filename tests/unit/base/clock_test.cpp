#include "base/clock.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;

TEST_CASE("times print in the formats of their RFCs") {
  const WallTime time{std::chrono::microseconds(1'795'488'426'000'042)};
  CHECK(format_rfc3339(time) == "2026-11-24T02:47:06.000042Z");
  CHECK(format_rfc5322(time) == "Tue, 24 Nov 2026 02:47:06 +0000");
}

TEST_CASE("a manual clock jumps on the wall only") {
  ManualClock clock;
  const auto mono = clock.mono();
  clock.jump(clock.wall() - std::chrono::hours(24));
  CHECK(clock.mono() == mono);
  clock.advance(std::chrono::seconds(3));
  CHECK(clock.mono() - mono == std::chrono::seconds(3));
}
