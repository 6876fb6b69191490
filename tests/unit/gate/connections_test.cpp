#include "gate/connections.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <vector>

using namespace postern;
using gate::Connections;

namespace {
IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }
}  // namespace

TEST_CASE("each limit refuses by its own name and lets others in") {
  Connections connections({.total = 4, .per_source = 2, .before_login = 3});
  std::vector<Connections::Slot> slots;
  const auto admit = [&](const char* source) -> std::optional<Connections::Refusal> {
    auto slot = connections.admit(ip(source));
    if (!slot) return slot.error();
    slots.push_back(std::move(*slot));
    return std::nullopt;
  };
  CHECK_FALSE(admit("10.9.0.2"));
  CHECK_FALSE(admit("10.9.0.2"));
  CHECK(admit("10.9.0.2") == Connections::Refusal::kPerSource);
  CHECK(admit("::ffff:10.9.0.2") == Connections::Refusal::kPerSource);
  CHECK_FALSE(admit("10.9.0.3"));
  CHECK(admit("10.9.0.4") == Connections::Refusal::kBeforeLogin);
  slots[0].logged_in();
  slots[0].logged_in();
  CHECK(connections.before_login() == 2);
  CHECK_FALSE(admit("10.9.0.4"));
  CHECK(admit("10.9.0.5") == Connections::Refusal::kTotal);
}

TEST_CASE("a connection that ends leaves nothing behind") {
  Connections connections({.total = 10, .per_source = 10, .before_login = 10});
  {
    auto first = connections.admit(ip("10.9.0.2"));
    auto second = connections.admit(ip("10.9.0.2"));
    REQUIRE(first);
    REQUIRE(second);
    second->logged_in();
    const Connections::Slot moved = std::move(*first);
    CHECK(connections.total() == 2);
    CHECK(connections.from(ip("10.9.0.2")) == 2);
  }
  CHECK(connections.total() == 0);
  CHECK(connections.before_login() == 0);
  CHECK(connections.sources() == 0);
}
