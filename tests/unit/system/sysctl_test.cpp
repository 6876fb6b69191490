#include "system/sysctl.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "support.h"

using namespace postern;
using namespace postern::system;

TEST_CASE("every interface gets strict reverse path checks and nothing is forwarded") {
  const auto settings = network_settings({"wan0"});
  CHECK(settings.front() == std::pair<std::string, std::string>{"ipv4/ip_forward", "0"});
  for (const std::string name : {"all", "default", "wan0"}) {
    CHECK(std::ranges::contains(settings, std::pair{"ipv4/conf/" + name + "/rp_filter", std::string("1")}));
    CHECK(std::ranges::contains(settings, std::pair{"ipv6/conf/" + name + "/accept_redirects", std::string("0")}));
  }
}

TEST_CASE("settings that differ are written, those that this kernel lacks are left out") {
  const test::Folder folder;
  std::filesystem::create_directories(folder.file("ipv4"));
  REQUIRE(replace_file(folder.file("ipv4/ip_forward"), "1\n", 0644));
  REQUIRE(replace_file(folder.file("ipv4/same"), "0\n", 0644));
  REQUIRE(apply_settings({{"ipv4/ip_forward", "0"}, {"ipv4/same", "0"}, {"ipv6/none", "1"}}, folder.path()));
  CHECK(read_file(folder.file("ipv4/ip_forward"))->starts_with("0"));
  CHECK(read_file(folder.file("ipv4/same")) == "0\n");
  CHECK_FALSE(std::filesystem::exists(folder.file("ipv6/none")));
}

TEST_CASE("a setting that can't be written is an error, and the others are written all the same") {
  const test::Folder folder;
  std::filesystem::create_directories(folder.file("is-a-folder"));
  REQUIRE(replace_file(folder.file("good"), "1\n", 0644));
  const auto applied = apply_settings({{"is-a-folder", "0"}, {"good", "0"}}, folder.path());
  REQUIRE_FALSE(applied);
  CHECK(applied.error().context.contains("is-a-folder"));
  CHECK(read_file(folder.file("good"))->starts_with("0"));
}
