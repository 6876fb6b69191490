#include "gate/rule.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

using namespace postern;
using gate::Arrival;
using gate::GateRule;
using gate::Verdict;

namespace {

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }
IpNetwork net(const std::string& text) { return IpNetwork::parse(text).value(); }

constexpr unsigned kTunnel = 7;
constexpr unsigned kLan = 3;
constexpr unsigned kWan = 2;

GateRule tunnel_rule() {
  return {"wg0", kTunnel, ipc::NetworkKind::kTunnel, {net("10.9.0.0/24"), net("fd09::/64")}, {}};
}
GateRule lan_rule() {
  return {"eth1", kLan, ipc::NetworkKind::kLan, {net("192.168.1.0/24"), net("2001:db8:1::/64")}, {ip("192.168.1.1")}};
}

}  // namespace

TEST_CASE("the gate's matrix of rule, link and source") {
  struct Case {
    const char* rule;
    unsigned link;
    const char* source;
    Verdict verdict;
  };
  using enum Verdict;
  const std::vector<Case> cases = {
      {"tunnel", kTunnel, "10.9.0.2", kAllowed},
      {"tunnel", kTunnel, "::ffff:10.9.0.2", kAllowed},
      {"tunnel", kTunnel, "fd09::2", kAllowed},
      {"tunnel", kTunnel, "10.9.1.2", kForeignNetwork},
      {"tunnel", kTunnel, "fd09:0:0:1::2", kForeignNetwork},
      {"tunnel", kTunnel, "192.168.1.7", kForeignNetwork},
      // The right source on the wrong interface is a forgery, whichever interface it is.
      {"tunnel", kLan, "10.9.0.2", kWrongLink},
      {"tunnel", kWan, "10.9.0.2", kWrongLink},
      {"tunnel", kWan, "fd09::2", kWrongLink},
      {"tunnel", kLan, "192.168.1.7", kWrongLink},
      {"tunnel", 0, "10.9.0.2", kWrongLink},
      {"lan", kLan, "192.168.1.7", kAllowed},
      {"lan", kLan, "2001:db8:1::7", kAllowed},
      {"lan", kLan, "192.168.1.1", kRefusedAddress},
      {"lan", kLan, "::ffff:192.168.1.1", kRefusedAddress},
      {"lan", kLan, "203.0.113.9", kForeignNetwork},
      {"lan", kLan, "10.9.0.2", kForeignNetwork},
      {"lan", kLan, "fe80::1", kForeignNetwork},
      {"lan", kTunnel, "192.168.1.7", kWrongLink},
      {"lan", kWan, "192.168.1.7", kWrongLink},
      {"lan", kLan, "127.0.0.1", kNoUnicastSource},
      {"lan", kLan, "127.9.9.9", kNoUnicastSource},
      {"lan", kLan, "::1", kNoUnicastSource},
      {"lan", kLan, "::ffff:127.0.0.1", kNoUnicastSource},
      {"lan", kLan, "0.0.0.0", kNoUnicastSource},
      {"lan", kLan, "0.1.2.3", kNoUnicastSource},
      {"lan", kLan, "::", kNoUnicastSource},
      {"lan", kLan, "224.0.0.1", kNoUnicastSource},
      {"lan", kLan, "ff02::1", kNoUnicastSource},
      {"lan", kLan, "240.0.0.1", kNoUnicastSource},
      {"lan", kLan, "255.255.255.255", kNoUnicastSource},
      {"lan", kLan, "192.168.1.2", kOwnAddress},
  };
  for (const auto& [name, link, source, verdict] : cases) {
    CAPTURE(name, link, source);
    const GateRule rule = std::string(name) == "lan" ? lan_rule() : tunnel_rule();
    const Arrival arrival{link, ip(source), ip("192.168.1.2")};
    CHECK(to_string(judge(rule, arrival)) == to_string(verdict));
  }
}

TEST_CASE("special sources stay refused when a careless rule allows everything") {
  const GateRule all{"eth1", kLan, ipc::NetworkKind::kLan, {net("0.0.0.0/0"), net("::/0")}, {}};
  for (const char* source : {"127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.251", "ff05::1", "255.255.255.255"}) {
    CAPTURE(source);
    CHECK(gate::judge(all, {kLan, ip(source), ip("192.168.1.2")}) == Verdict::kNoUnicastSource);
  }
  CHECK(gate::judge(all, {kLan, ip("203.0.113.9"), ip("192.168.1.2")}) == Verdict::kAllowed);
}

TEST_CASE("a rule that nobody filled in refuses everybody") {
  CHECK(gate::judge(GateRule{}, {0, ip("192.168.1.7"), ip("192.168.1.2")}) == Verdict::kWrongLink);
  CHECK(gate::judge({"eth1", kLan, ipc::NetworkKind::kLan, {}, {}}, {kLan, ip("192.168.1.7"), ip("192.168.1.2")}) ==
        Verdict::kForeignNetwork);
}
