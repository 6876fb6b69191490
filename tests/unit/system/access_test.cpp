#include "system/access.h"

#include <catch2/catch_test_macros.hpp>

#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;

TEST_CASE("tunnel and LAN each get their own networks and nobody's router is refused in two-armed mode") {
  const auto all = link_accesses(two_armed(), usual_links());
  REQUIRE(all.size() == 2);
  CHECK(all[0].link == "wg0");
  CHECK(all[0].kind == ipc::NetworkKind::kTunnel);
  CHECK(all[0].sources == std::vector{net("10.9.0.0/24"), net("fd09::/64")});
  CHECK(all[1].link == "lan0");
  CHECK(all[1].kind == ipc::NetworkKind::kLan);
  CHECK(all[1].sources == std::vector{net("192.168.7.0/24"), net("fd07::/64")});
  CHECK(all[1].refused.empty());
}

TEST_CASE("in one-armed mode every router of the LAN is refused, the one that only the routing table knows included") {
  auto config = one_armed();
  auto links = usual_links();
  links[2].routers = {ip("192.168.7.253"), ip("fd07::fe")};
  CHECK(link_accesses(config, links)[1].refused ==
        std::vector{ip("192.168.7.253"), ip("192.168.7.254"), ip("fd07::fe")});
  config.network.lan[0].router.reset();
  CHECK(link_accesses(config, links)[1].refused == std::vector{ip("192.168.7.253"), ip("fd07::fe")});
  config.network.lan[0].accept_router = true;
  CHECK(link_accesses(config, links)[1].refused.empty());
}

TEST_CASE("several networks on one interface are one entry") {
  auto config = two_armed();
  config::Lan second;
  second.link = "lan0";
  second.networks = {net("10.1.0.0/16")};
  config.network.lan.push_back(second);
  const auto all = link_accesses(config, usual_links());
  REQUIRE(all.size() == 2);
  CHECK(all[1].sources.size() == 3);
}

TEST_CASE("a LAN entry can't widen what the tunnel accepts") {
  auto config = two_armed();
  config.network.lan[0].link = "wg0";
  const auto all = link_accesses(config, usual_links());
  REQUIRE(all.size() == 1);
  CHECK(all[0].sources == std::vector{net("10.9.0.0/24"), net("fd09::/64")});
}
