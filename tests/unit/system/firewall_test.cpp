#include "system/firewall.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "support.h"
#include "system/process.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;

namespace {

std::string rules_of(const config::Config& config, const Links& links = usual_links()) {
  return firewall_rules(config, link_accesses(config, links)).value();
}

/// The lines of one chain.
std::string chain(const std::string& rules, const std::string& name) {
  const auto start = rules.find("  chain " + name + " {\n");
  REQUIRE(start != std::string::npos);
  return rules.substr(start, rules.find("  }\n", start) - start);
}

}  // namespace

TEST_CASE("one table is replaced as a whole, and everything is dropped by default") {
  const auto rules = rules_of(two_armed());
  CHECK(rules.starts_with("table inet postern\ndelete table inet postern\ntable inet postern {\n"));
  CHECK(chain(rules, "input").contains("hook input priority filter; policy drop;"));
  CHECK(chain(rules, "forward").contains("hook forward priority filter; policy drop;"));
}

TEST_CASE("the internet reaches the VPN's port and nothing else") {
  const auto input = chain(rules_of(two_armed()), "input");
  CHECK(input.contains("iifname { \"wan0\", \"lan0\" } udp dport 51820 accept"));
  CHECK_FALSE(input.contains("iifname \"wan0\""));
  CHECK_FALSE(input.contains("tcp"));
  CHECK_FALSE(input.contains("echo-request"));
}

TEST_CASE("each network reaches the submission ports by its own interface only") {
  const auto rules = rules_of(two_armed());
  const auto input = chain(rules, "input");
  CHECK(input.contains("iifname \"wg0\" goto from_0"));
  CHECK(input.contains("iifname \"lan0\" goto from_1"));
  CHECK(chain(rules, "from_0").contains("ip saddr { 10.9.0.0/24 } tcp dport { 465, 587 } accept"));
  CHECK(chain(rules, "from_0").contains("ip6 saddr { fd09::/64 } tcp dport { 465, 587 } accept"));
  CHECK(chain(rules, "from_1").contains("ip saddr { 192.168.7.0/24 } tcp dport { 465, 587 } accept"));
  CHECK_FALSE(chain(rules, "from_1").contains("10.9.0"));
}

TEST_CASE("a source that belongs elsewhere is dropped before anything else looks at it") {
  const auto sources = chain(rules_of(two_armed()), "sources");
  CHECK(sources.contains("iifname != \"wg0\" ip saddr { 10.9.0.0/24 } counter drop"));
  CHECK(sources.contains("iifname \"wg0\" ip saddr != { 10.9.0.0/24 } counter drop"));
  CHECK(sources.contains("iifname != \"wg0\" ip daddr { 10.9.0.1 } counter drop"));
  CHECK(sources.contains("iifname != \"wg0\" ip6 daddr { fd09::1 } counter drop"));
  CHECK(sources.contains("iifname != \"lan0\" ip saddr { 192.168.7.0/24 } counter drop"));
}

TEST_CASE("the router is refused before its network is accepted") {
  const auto lan = chain(rules_of(one_armed()), "from_1");
  const auto refused = lan.find("ip saddr { 192.168.7.254 } counter drop");
  REQUIRE(refused != std::string::npos);
  CHECK(refused < lan.find("accept"));
}

TEST_CASE("a port that is switched off is not open") {
  auto config = two_armed();
  config.submission.ports.submission = 0;
  CHECK(chain(rules_of(config), "from_0").contains("tcp dport { 465 } accept"));
}

TEST_CASE("a name that is none can't become a rule") {
  for (const char* name : {"", "a b", "x\"; accept; \"", "eth0\naccept", "interface-name-too-long"}) {
    CAPTURE(name);
    auto config = two_armed();
    config.network.lan[0].link = name;
    CHECK_FALSE(firewall_rules(config, link_accesses(config, {})));
    config = two_armed();
    config.network.wan.link = name;
    CHECK_FALSE(firewall_rules(config, link_accesses(config, {})));
  }
}

TEST_CASE("nft understands every variant") {
  auto only_v4 = two_armed();
  only_v4.vpn.addresses.resize(1);
  only_v4.network.lan[0].networks.resize(1);
  auto no_lan = two_armed();
  no_lan.network.lan.clear();
  for (const auto& config : {two_armed(), one_armed(), only_v4, no_lan}) {
    const auto rules = rules_of(config);
    CAPTURE(rules);
    asio::io_context context;
    const auto checked =
        wait_for(context, run({"/usr/sbin/nft", "--check", "--file", "-"}, rules, std::chrono::seconds(20)));
    REQUIRE(checked);
    // Outside a network namespace of its own a test may not even ask.
    if (checked->errors.contains("Operation not permitted")) SKIP("needs CAP_NET_ADMIN");
    CAPTURE(checked->errors);
    CHECK(checked->exit_code == 0);
  }
}
