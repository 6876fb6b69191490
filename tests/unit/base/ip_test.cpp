#include "base/ip.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;

TEST_CASE("an IPv4-mapped address is the IPv4 address") {
  const auto v4 = IpAddress::parse("10.9.0.2");
  const auto mapped = IpAddress::parse("::ffff:10.9.0.2");
  REQUIRE(v4);
  REQUIRE(mapped);
  CHECK(*v4 == *mapped);
  CHECK(mapped->is_v4());
  CHECK(mapped->to_string() == "10.9.0.2");
}

TEST_CASE("addresses that are none are refused") {
  for (const char* bad :
       {"", "10.9.0", "10.9.0.256", "10.9.0.1 ", "010.9.0.1x", "fe80::1%eth0", "[::1]", "::g", "1:2"}) {
    CAPTURE(bad);
    CHECK_FALSE(IpAddress::parse(bad));
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("10.9.0.1\0x", 10)));
}

TEST_CASE("networks contain their own addresses only") {
  const auto network = IpNetwork::parse("10.9.0.0/24");
  REQUIRE(network);
  CHECK(network->contains(*IpAddress::parse("10.9.0.255")));
  CHECK(network->contains(*IpAddress::parse("::ffff:10.9.0.1")));
  CHECK_FALSE(network->contains(*IpAddress::parse("10.9.1.0")));
  CHECK_FALSE(IpNetwork::parse("::/0")->contains(*IpAddress::parse("10.9.0.1")));
  CHECK(IpNetwork::parse("0.0.0.0/0")->contains(*IpAddress::parse("10.9.0.1")));
  CHECK(network->at(5)->to_string() == "10.9.0.5");
  CHECK_FALSE(network->at(256));
  CHECK(IpNetwork::parse("fd00::/64")->at(0x10000)->to_string() == "fd00::1:0");
}

TEST_CASE("a network with host bits is refused and the right one named") {
  const auto network = IpNetwork::parse("10.9.0.1/24");
  REQUIRE_FALSE(network);
  CHECK(network.error().context.find("10.9.0.0/24") != std::string::npos);
  for (const char* bad : {"10.9.0.0/33", "10.9.0.0/", "10.9.0.0/-1", "fd00::/129", "x/8"})
    CHECK_FALSE(IpNetwork::parse(bad));
}

TEST_CASE("overlap is seen from both sides") {
  const auto wide = *IpNetwork::parse("10.0.0.0/8");
  const auto narrow = *IpNetwork::parse("10.9.0.0/24");
  CHECK(wide.overlaps(narrow));
  CHECK(narrow.overlaps(wide));
  CHECK_FALSE(narrow.overlaps(*IpNetwork::parse("10.9.1.0/24")));
}

TEST_CASE("endpoints print and come back") {
  for (const char* text : {"192.0.2.1:587", "[2001:db8::1]:465"}) {
    const auto endpoint = IpEndpoint::parse(text);
    REQUIRE(endpoint);
    CHECK(endpoint->to_string() == text);
  }
  for (const char* bad : {"192.0.2.1", "192.0.2.1:0", "192.0.2.1:65536", "2001:db8::1:465", "[192.0.2.1]:25"}) {
    CAPTURE(bad);
    CHECK_FALSE(IpEndpoint::parse(bad));
  }
}
