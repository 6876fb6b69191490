#include "vpn/plan.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;

namespace {

const std::string kFirst = "L1mfvfcF+JIDPgl+YXkOANc5wzZrAqC3hOK3qLzC9Ds=";
const std::string kSecond = "Ta4kt8Bwbd4dFN+DDfqoDFoAUnHNH3XJLDzoCyWLrm0=";
const std::string kShared = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";

vpn::Peer peer(const std::string& key, const std::string& shared, std::initializer_list<const char*> allowed) {
  vpn::Peer result{key, Secret(shared), {}};
  for (const char* text : allowed) result.allowed.push_back(IpNetwork::parse(text).value());
  return result;
}

template <class... Peers>
std::vector<vpn::Peer> wanted(Peers... peers) {
  std::vector<vpn::Peer> result;
  (result.push_back(std::move(peers)), ...);
  return result;
}

template <class... Peers>
vpn::TunnelStatus current(Peers... peers) {
  vpn::TunnelStatus status;
  (status.peers.emplace_back(std::move(peers)), ...);
  return status;
}

}  // namespace

TEST_CASE("a new peer is a whole section, and nobody else is named") {
  const auto plan =
      vpn::plan(current(peer(kFirst, kShared, {"10.9.0.2"})),
                wanted(peer(kFirst, kShared, {"10.9.0.2"}), peer(kSecond, kShared, {"10.9.0.3", "fd09::3"})));
  CHECK(plan.remove.empty());
  CHECK(plan.added == 1);
  CHECK(plan.add.reveal() ==
        "[Peer]\nPublicKey = " + kSecond + "\nPresharedKey = " + kShared + "\nAllowedIPs = 10.9.0.3/32, fd09::3/128\n");
}

TEST_CASE("what is right already needs no change") {
  CHECK(vpn::plan(current(peer(kFirst, "", {"10.9.0.2"})), wanted(peer(kFirst, "", {"10.9.0.2"}))).empty());
  CHECK(vpn::plan(current(), wanted()).empty());
}

TEST_CASE("a peer that is not wanted goes") {
  const auto plan = vpn::plan(current(peer(kFirst, "", {"10.9.0.2"}), peer(kSecond, "", {"10.9.0.3"})),
                              wanted(peer(kSecond, "", {"10.9.0.3"})));
  CHECK(plan.remove == std::vector{kFirst});
  CHECK(plan.add.empty());
}

TEST_CASE("any difference of a peer sets it anew") {
  const auto is_set = [](vpn::Peer before, vpn::Peer after) {
    return vpn::plan(current(std::move(before)), wanted(std::move(after))).added == 1;
  };
  CHECK(is_set(peer(kFirst, kShared, {"10.9.0.2"}), peer(kFirst, kShared, {"10.9.0.4"})));
  CHECK(is_set(peer(kFirst, kShared, {"10.9.0.2"}), peer(kFirst, kShared, {"10.9.0.2", "fd09::2"})));
  CHECK(is_set(peer(kFirst, kShared, {"10.9.0.2"}), peer(kFirst, "", {"10.9.0.2"})));
  CHECK(is_set(peer(kFirst, "", {"10.9.0.2"}), peer(kFirst, kShared, {"10.9.0.2"})));
}

TEST_CASE("the interface's own text holds key and port") {
  CHECK(vpn::interface_text(Secret(kShared), 51820).reveal() ==
        "[Interface]\nPrivateKey = " + kShared + "\nListenPort = 51820\n");
}
