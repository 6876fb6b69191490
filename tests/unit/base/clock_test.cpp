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

TEST_CASE("times in RFC 3339 are read back exactly, and nothing else is") {
  const WallTime time{std::chrono::microseconds(1'795'488'426'000'042)};
  CHECK(parse_rfc3339(format_rfc3339(time)) == time);
  CHECK(parse_rfc3339("2026-11-24T02:47:06Z") == WallTime(std::chrono::seconds(1'795'488'426)));
  CHECK(parse_rfc3339("2026-11-24T02:47:06.5Z") == WallTime(std::chrono::milliseconds(1'795'488'426'500)));
  for (const char* text :
       {"", "Z", "2026-11-24", "2026-11-24T02:47:06", "2026-11-24T02:47:06+00:00", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T02:60:00Z", "2026-11-24T02:47:60Z",
        "2026-11-24T02:47:06.Z", "2026-11-24T02:47:06.1234567Z", "2026-11-24T02:47:06.12x4Z", "2026-11-24 02:47:06Z",
        "+026-11-24T02:47:06Z", "2026-11-24T02:47:06ZZ"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}
