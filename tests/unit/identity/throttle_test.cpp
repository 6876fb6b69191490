#include "identity/throttle.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support.h"

using namespace postern;
using namespace postern::identity;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  ManualClock clock;
  config::LoginThrottle config;
  Throttle throttle{config, clock};

  void fail(const Attempt& attempt, unsigned times) {
    for (unsigned i = 0; i < times; ++i) throttle.failed(attempt);
  }
};

const Attempt kAda{.account = "ada", .source = "10.0.0.1"};

}  // namespace

TEST_CASE_METHOD(Fixture, "an account waits at a source after too many failures there, and only there") {
  fail(kAda, config.per_account - 1);
  CHECK_FALSE(throttle.wait(kAda));
  throttle.failed(kAda);
  CHECK(throttle.wait(kAda) == 30s);
  CHECK_FALSE(throttle.wait({.account = "ada", .source = "10.0.0.2"}));
  CHECK_FALSE(throttle.wait({.account = "bob", .source = "10.0.0.1"}));
  clock.advance(29s);
  CHECK(throttle.wait(kAda) == 1s);
  clock.advance(1s);
  CHECK_FALSE(throttle.wait(kAda));
}

TEST_CASE_METHOD(Fixture, "each further failure doubles the wait up to its maximum") {
  fail(kAda, config.per_account);
  std::chrono::seconds expected = 30s;
  for (int i = 0; i < 10; ++i) {
    const auto left = throttle.wait(kAda);
    REQUIRE(left);
    CHECK(*left == std::min<std::chrono::seconds>(expected, 1h));
    if (*left == 1h) return;
    clock.advance(*left);
    throttle.failed(kAda);
    expected *= 2;
  }
  FAIL("the maximum was never reached");
}

TEST_CASE_METHOD(Fixture, "a trickle of typing errors never adds up") {
  for (int i = 0; i < 1000; ++i) {
    throttle.failed(kAda);
    REQUIRE_FALSE(throttle.wait(kAda));
    clock.advance(4min);
  }
}

TEST_CASE_METHOD(Fixture, "all is forgotten two windows after the last wait, whatever came before") {
  fail(kAda, 500);
  CHECK(throttle.wait(kAda) == 1h);
  clock.advance(1h + 2 * config.window);
  fail(kAda, config.per_account - 1);
  CHECK_FALSE(throttle.wait(kAda));
  throttle.failed(kAda);
  CHECK(throttle.wait(kAda) == 30s);
}

TEST_CASE_METHOD(Fixture, "a success forgets the account's failures there, not the source's") {
  fail(kAda, config.per_account - 1);
  throttle.succeeded(kAda);
  fail(kAda, config.per_account - 1);
  CHECK_FALSE(throttle.wait(kAda));

  for (unsigned i = 0; i < config.per_source; ++i) {
    throttle.succeeded({.account = "own", .source = "10.0.0.9"});
    throttle.failed({.account = "guess" + std::to_string(i), .source = "10.0.0.9"});
  }
  CHECK(throttle.wait({.account = "another", .source = "10.0.0.9"}));
}

TEST_CASE_METHOD(Fixture, "a source waits after too many failures over all accounts; who succeeded there does not") {
  const Attempt known{.account = "known", .source = "10.0.0.1"};
  throttle.succeeded(known);
  for (unsigned i = 0; i < config.per_source; ++i) {
    throttle.failed({.account = "guess" + std::to_string(i), .source = "10.0.0.1"});
  }
  CHECK(throttle.wait({.account = "ada", .source = "10.0.0.1"}) == 30s);
  CHECK(throttle.wait({.account = "", .source = "10.0.0.1"}) == 30s);
  CHECK_FALSE(throttle.wait({.account = "ada", .source = "10.0.0.2"}));
  CHECK_FALSE(throttle.wait(known));
  fail(known, config.per_account);
  CHECK(throttle.wait(known));
}

TEST_CASE_METHOD(Fixture, "guesses from everywhere slow an account down, but not for its own devices") {
  for (unsigned i = 0; i < config.per_account_everywhere; ++i) {
    throttle.failed({.account = "ada", .source = "10.1.0." + std::to_string(i)});
  }
  const Attempt own{.account = "ada", .source = "device:ada-laptop", .own_device = true};
  const Attempt stranger{.account = "ada", .source = "10.2.0.1"};
  CHECK(throttle.wait(stranger) == 30s);
  CHECK_FALSE(throttle.wait(own));
  // The wait does not grow: the owner's new device gets its turn.
  throttle.failed(stranger);
  throttle.failed(stranger);
  CHECK(throttle.wait(stranger) == 30s);
  // The brake of this pair alone still holds for the own device.
  fail(own, config.per_account);
  CHECK(throttle.wait(own) == 30s);
}

TEST_CASE_METHOD(Fixture, "tries that can't succeed do not slow the account down") {
  for (unsigned i = 0; i < 10 * config.per_account_everywhere; ++i) {
    throttle.failed({.account = "ada", .source = "device:" + std::to_string(i), .could_succeed = false});
  }
  CHECK_FALSE(throttle.wait({.account = "ada", .source = "10.2.0.1"}));
}

TEST_CASE("a flood of names costs no memory and pushes nobody's success out") {
  ManualClock clock;
  config::LoginThrottle config;
  config.entries = 100;
  Throttle throttle(config, clock);
  const Attempt known{.account = "known", .source = "10.0.0.1"};
  throttle.succeeded(known);
  for (unsigned i = 0; i < 10'000; ++i) {
    throttle.failed({.account = "guess" + std::to_string(i), .source = "10.0.0.1"});
  }
  CHECK(throttle.size() <= 300);
  CHECK(throttle.wait({.account = "ada", .source = "10.0.0.1"}));
  CHECK_FALSE(throttle.wait(known));
}

TEST_CASE_METHOD(Fixture, "an administrator sees who waits and can let them go") {
  fail(kAda, config.per_source);
  auto waiting = throttle.waiting(10);
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].account.empty());
  CHECK(waiting[0].source == "10.0.0.1");
  CHECK(waiting[1].account == "ada");
  CHECK(waiting[1].left == 1h);
  CHECK(throttle.waiting(1).size() == 1);

  throttle.clear("ada", "10.0.0.1");
  CHECK(throttle.waiting(10).size() == 1);
  throttle.clear("", "");
  CHECK(throttle.waiting(10).empty());
  CHECK(throttle.size() == 0);
}

TEST_CASE("a source is a device, an IPv4 address or an IPv6 network of 64 bits") {
  CHECK(source_of("ada-laptop", ip("10.9.0.2")) == "device:ada-laptop");
  CHECK(source_of("", ip("192.168.7.9")) == "192.168.7.9");
  CHECK(source_of("", ip("::ffff:192.168.7.9")) == "192.168.7.9");
  CHECK(source_of("", ip("2001:db8:1:2:3:4:5:6")) == "2001:db8:1:2::/64");
}
