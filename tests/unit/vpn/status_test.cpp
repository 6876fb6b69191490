#include "vpn/status.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace std::chrono_literals;

namespace {
const std::string kBox = "QAgbxlFlX3lXTKlgFPMpTFSIyLaB+6M7Fiz3bZ8wRXE=";
const std::string kFirst = "L1mfvfcF+JIDPgl+YXkOANc5wzZrAqC3hOK3qLzC9Ds=";
const std::string kSecond = "Ta4kt8Bwbd4dFN+DDfqoDFoAUnHNH3XJLDzoCyWLrm0=";
const std::string kShared = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";
}  // namespace

TEST_CASE("a dump is read field by field") {
  const std::string dump = kShared + "\t" + kBox + "\t51820\toff\n" + kSecond +
                           "\t(none)\t(none)\t10.9.0.3/32\t0\t0\t0\toff\n" + kFirst + "\t" + kShared +
                           "\t203.0.113.9:40000\tfd09::2/128,10.9.0.2/32\t1800000000\t1024\t2048\t25\n";
  const auto status = vpn::parse_dump(dump);
  REQUIRE(status);
  CHECK(status->public_key == kBox);
  CHECK(status->port == 51820);
  REQUIRE(status->peers.size() == 2);
  const auto& first = status->peers[0];
  CHECK(first.peer.public_key == kFirst);
  CHECK(first.peer.preshared.reveal() == kShared);
  REQUIRE(first.endpoint);
  CHECK(first.endpoint->to_string() == "203.0.113.9:40000");
  REQUIRE(first.peer.allowed.size() == 2);
  CHECK(first.peer.allowed == std::vector{*IpNetwork::parse("10.9.0.2"), *IpNetwork::parse("fd09::2")});
  CHECK(first.handshake == WallTime(1'800'000'000s));
  CHECK(first.received == 1024);
  CHECK(first.sent == 2048);
  CHECK(first.keepalive == 25);
  const auto& second = status->peers[1];
  CHECK(second.peer.preshared.empty());
  CHECK_FALSE(second.endpoint);
  CHECK_FALSE(second.handshake);
}

TEST_CASE("an interface without key and peers is read as such") {
  const auto status = vpn::parse_dump("(none)\t(none)\t0\toff\n");
  REQUIRE(status);
  CHECK(status->public_key.empty());
  CHECK(status->peers.empty());
}

TEST_CASE("other texts are refused without quoting them") {
  const std::string head = kShared + "\t" + kBox + "\t51820\toff\n";
  const std::string peer = kFirst + "\t(none)\t(none)\t10.9.0.3/32\t0\t0\t0\toff";
  REQUIRE(vpn::parse_dump(head + peer));
  for (const std::string& bad :
       {std::string(), std::string("nonsense"), head + "\n", head + peer + "\textra\n", head + "x" + peer,
        head + kFirst + "\t(none)\t(none)\tall\t0\t0\t0\toff",
        head + kFirst + "\t(none)\t(none)\t10.9.0.3/32\t-\t0\t0\toff", kShared + "\t" + kBox + "\t99999\toff\n"}) {
    CAPTURE(bad);
    const auto status = vpn::parse_dump(bad);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kProtocol);
    CHECK_FALSE(status.error().context.contains(kShared));
  }
}

TEST_CASE("presence follows WireGuard's own times") {
  const WallTime now(1'800'000'000s);
  vpn::PeerStatus status;
  CHECK(presence_of(status, now) == vpn::Presence::kNever);
  status.handshake = now - 179s;
  CHECK(presence_of(status, now) == vpn::Presence::kActive);
  status.handshake = now - 180s;
  CHECK(presence_of(status, now) == vpn::Presence::kIdle);
}
