#include "spool/timekeeper.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

TEST_CASE("Running time goes on from where it was, whatever the clock does") {
  ManualClock clock;
  Timekeeper keeper(clock, 1000, clock.wall());
  clock.advance(5s);
  CHECK(keeper.now().running == 5'001'000);
  clock.jump(clock.wall() - 24h);
  clock.advance(1s);
  CHECK(keeper.now().running == 6'001'000);
  clock.jump(clock.wall() + 1000h);
  clock.advance(1ms);
  CHECK(keeper.now().running == 6'002'000);
}

TEST_CASE("A clock that is set shows as a jump") {
  ManualClock clock;
  Timekeeper keeper(clock, 0, clock.wall());
  clock.advance(1h);
  CHECK_FALSE(keeper.now().jump);
  clock.jump(clock.wall() + 10min);
  CHECK(keeper.now().jump == 10min);
  CHECK_FALSE(keeper.now().jump);
  const WallTime before = clock.wall();
  clock.jump(before - 1h);
  const Stamp back = keeper.now();
  CHECK(back.jump == -1h);
  CHECK(back.wall == before - 1h);
}

TEST_CASE("A small step back is held still") {
  ManualClock clock;
  Timekeeper keeper(clock, 0, clock.wall());
  clock.advance(10s);
  const WallTime before = keeper.now().wall;
  clock.jump(clock.wall() - 2s);
  const Stamp stamp = keeper.now();
  CHECK(stamp.wall == before);
  CHECK_FALSE(stamp.jump);
  clock.advance(1s);
  CHECK(keeper.now().wall == before);
  clock.advance(2s);
  CHECK(keeper.now().wall == clock.wall());
}

TEST_CASE("A clock behind the last record is noticed at the start") {
  ManualClock clock;
  Timekeeper keeper(clock, 0, clock.wall() + 2s);
  CHECK(keeper.now().wall == clock.wall() + 2s);
  clock.advance(3s);
  CHECK(keeper.now().wall == clock.wall());
}
