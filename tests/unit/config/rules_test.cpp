#include <catch2/catch_test_macros.hpp>

#include "config/load.h"

using namespace postern::config;

namespace {

std::string problems(const std::string& rest) { return to_string(check_text("version: 1\n" + rest, "f")); }

}  // namespace

TEST_CASE("a rule is not checked on top of a wrong value") {
  // 70000 is no port; that both ports would then be equal is not worth a second line.
  CHECK(check_text("version: 1\nsubmission:\n  ports:\n    submissions: 587\n    submission: 70000\n").size() == 1);
}

TEST_CASE("one-armed needs the router's name, or its acceptance") {
  const std::string head =
      "network:\n  wan:\n    link: eth0\n  one_armed: true\n  lan:\n    - link: eth0\n"
      "      networks: [192.168.1.0/24]\n";
  CHECK(problems(head).contains("network.lan[0].router: found none"));
  CHECK(problems(head + "      router: 192.168.1.1\n").empty());
  CHECK(problems(head + "      accept_router: true\n").empty());
}

TEST_CASE("a rule between keys that are not in the file names the section around them") {
  const std::string found = problems("login:\n  throttle:\n    maximum_wait: 5s\n");
  CHECK(found == "f:3:3: login.throttle.wait: found 30s; expected at most login.throttle.maximum_wait (5s)\n");
}

TEST_CASE("an IPv4-mapped network overlaps its IPv4 form") {
  CHECK(problems("network:\n  lan:\n    - link: eth1\n      networks: ['::ffff:10.9.0.0/24']\n") ==
        "f:5:18: network.lan[0].networks[0]: found 10.9.0.0/24; expected a network that overlaps no other "
        "(vpn.addresses[0] is 10.9.0.0/24)\n");
}
