#include "vpn/peer.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace std::chrono_literals;

namespace {

const std::string kFirst = "L1mfvfcF+JIDPgl+YXkOANc5wzZrAqC3hOK3qLzC9Ds=";
const std::string kSecond = "Ta4kt8Bwbd4dFN+DDfqoDFoAUnHNH3XJLDzoCyWLrm0=";
const WallTime kNow(1'800'000'000s);

identity::Person person(const std::string& name) {
  identity::Person result;
  result.name = name;
  return result;
}

identity::Device device(const std::string& name, const std::string& owner, const std::string& key,
                        std::initializer_list<const char*> addresses) {
  identity::Device result;
  result.name = name;
  result.person = owner;
  result.public_key = key;
  for (const char* text : addresses) result.addresses.push_back(IpAddress::parse(text).value());
  return result;
}

identity::Document two_devices() {
  return {{person("anna"), person("ben")},
          {device("anna-laptop", "anna", kSecond, {"fd09::2", "10.9.0.2"}),
           device("ben-phone", "ben", kFirst, {"10.9.0.3"}), device("scanner", "ben", "", {"192.168.1.9"})}};
}

std::vector<std::string> keys(const identity::Document& document, WallTime now = kNow) {
  const auto preshared = vpn::PresharedKeys::load("/nonexistent/preshared.keys").value();
  std::vector<std::string> result;
  for (const auto& peer : vpn::peers_of(document, preshared, now)) result.push_back(peer.public_key);
  return result;
}

}  // namespace

TEST_CASE("peers are the tunnel's devices with exactly their own addresses") {
  const auto preshared = vpn::PresharedKeys::load("/nonexistent/preshared.keys").value();
  const auto peers = vpn::peers_of(two_devices(), preshared, kNow);
  REQUIRE(peers.size() == 2);
  CHECK(peers[0].public_key == kFirst);
  CHECK(peers[1].public_key == kSecond);
  CHECK(peers[1].allowed == std::vector{*IpNetwork::parse("10.9.0.2/32"), *IpNetwork::parse("fd09::2/128")});
}

TEST_CASE("whoever is suspended, revoked or expired is no peer") {
  auto document = two_devices();
  SECTION("suspended device") { document.devices[0].state = identity::DeviceState::kSuspended; }
  SECTION("revoked device") { document.devices[0].state = identity::DeviceState::kRevoked; }
  SECTION("expired device") { document.devices[0].expires = kNow; }
  SECTION("suspended person") { document.people[0].state = identity::PersonState::kSuspended; }
  SECTION("expired person") { document.people[0].expires = kNow; }
  SECTION("no such person") { document.people.erase(document.people.begin()); }
  CHECK(keys(document) == std::vector{kFirst});
}

TEST_CASE("the next expiry is the earliest that is still to come") {
  auto document = two_devices();
  CHECK_FALSE(vpn::next_expiry(document, kNow));
  document.people[0].expires = kNow + 2h;
  document.devices[0].expires = kNow + 1h;
  document.devices[1].expires = kNow;
  CHECK(vpn::next_expiry(document, kNow) == kNow + 1h);
  CHECK(keys(document, kNow + 1h - 1us) == std::vector{kSecond});
  CHECK(keys(document, kNow + 1h).empty());
  CHECK(vpn::next_expiry(document, kNow + 1h) == kNow + 2h);
}
