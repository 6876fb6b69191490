#include "identity/credential_cache.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace postern;
using namespace postern::identity;
using namespace std::chrono_literals;

TEST_CASE("a right password is remembered for its person and its time") {
  ManualClock clock;
  config::LoginCache config;
  CredentialCache cache(config, clock);
  const Secret password("correct horse");
  CHECK_FALSE(cache.matches("ada", password));
  cache.remember("ada", password);
  CHECK(cache.matches("ada", password));
  CHECK_FALSE(cache.matches("ada", Secret("correct horsf")));
  CHECK_FALSE(cache.matches("ada", Secret("")));
  CHECK_FALSE(cache.matches("bob", password));
  // What could be taken for the same bytes is not.
  CHECK_FALSE(cache.matches("ad", Secret("acorrect horse")));
  CHECK_FALSE(cache.matches("", Secret("adacorrect horse")));

  clock.advance(config.lifetime - 1us);
  CHECK(cache.matches("ada", password));
  clock.advance(1us);
  CHECK_FALSE(cache.matches("ada", password));
  CHECK(cache.size() == 0);
}

TEST_CASE("a use does not lengthen the time, and a wall clock that jumps changes nothing") {
  ManualClock clock;
  config::LoginCache config;
  CredentialCache cache(config, clock);
  cache.remember("ada", Secret("x"));
  for (int i = 0; i < 9; ++i) {
    clock.advance(1min);
    clock.jump(WallTime(std::chrono::seconds(i)));
    CHECK(cache.matches("ada", Secret("x")));
  }
  clock.advance(1min);
  CHECK_FALSE(cache.matches("ada", Secret("x")));
}

TEST_CASE("the cache forgets, is bounded and can be off") {
  ManualClock clock;
  config::LoginCache config;
  config.entries = 3;
  CredentialCache cache(config, clock);
  for (int i = 0; i < 10; ++i) cache.remember("p" + std::to_string(i), Secret("x"));
  CHECK(cache.size() == 3);
  CHECK_FALSE(cache.matches("p0", Secret("x")));
  CHECK(cache.matches("p9", Secret("x")));
  cache.forget("p9");
  CHECK_FALSE(cache.matches("p9", Secret("x")));
  cache.clear();
  CHECK_FALSE(cache.matches("p8", Secret("x")));

  config.lifetime = {};
  CredentialCache off(config, clock);
  off.remember("ada", Secret("x"));
  CHECK_FALSE(off.matches("ada", Secret("x")));
}
