#include "gate/bans.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace std::chrono_literals;
using gate::Bans;

namespace {
IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }
constexpr Bans::Limits kLimits{.strikes = 3, .window = 10min, .duration = 15min, .entries = 4};
}  // namespace

TEST_CASE("offences within the window ban, and the ban expires") {
  ManualClock clock;
  Bans bans(clock, kLimits);
  const auto source = ip("192.168.1.7");
  CHECK_FALSE(bans.strike(source));
  clock.advance(5min);
  CHECK_FALSE(bans.strike(source));
  CHECK_FALSE(bans.banned(source));
  CHECK(bans.strike(source));
  CHECK_FALSE(bans.strike(source));  // told once
  CHECK(bans.banned(source) == 15min);
  clock.jump(clock.wall() + std::chrono::hours(1000));
  CHECK(bans.banned(source) == 15min);
  clock.advance(15min - 1us);
  CHECK(bans.banned(source));
  clock.advance(1us);
  CHECK_FALSE(bans.banned(source));
  CHECK(bans.remembered() == 0);
}

TEST_CASE("old offences do not count") {
  ManualClock clock;
  Bans bans(clock, kLimits);
  const auto source = ip("192.168.1.7");
  bans.strike(source);
  bans.strike(source);
  clock.advance(10min);
  CHECK_FALSE(bans.strike(source));
  CHECK_FALSE(bans.strike(source));
  CHECK(bans.strike(source));
}

TEST_CASE("a heavy offence bans at once, a login forgives") {
  ManualClock clock;
  Bans bans(clock, kLimits);
  CHECK(bans.strike(ip("192.168.1.7"), 4'000'000'000U));
  REQUIRE(bans.list().size() == 1);
  CHECK(bans.list()[0].source == ip("192.168.1.7"));
  bans.forgive(ip("192.168.1.7"));
  CHECK(bans.list().empty());
  bans.forgive(ip("192.168.1.8"));
}

TEST_CASE("a flood of addresses does not lift a ban, nor does it grow the memory") {
  ManualClock clock;
  Bans bans(clock, kLimits);
  REQUIRE(bans.strike(ip("192.168.1.7"), 3));
  clock.advance(14min);  // the flood's own records end after the ban does
  for (int i = 0; i < 1000; ++i) {
    bans.strike(ip("10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250)));
    clock.advance(1ms);
  }
  CHECK(bans.remembered() == 4);
  CHECK(bans.banned(ip("192.168.1.7")));
}
