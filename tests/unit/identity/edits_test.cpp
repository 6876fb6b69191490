#include "identity/edits.h"

#include <catch2/catch_test_macros.hpp>

#include "support.h"

using namespace postern;
using namespace postern::identity;

TEST_CASE("people are added, changed, renamed and removed with their devices") {
  const Document office = make_office();
  const auto added = add_person(office, make_person("bea", {"Bea@Example.org"}));
  REQUIRE(added);
  CHECK(added->people.size() == 3);
  CHECK(added->person("bea")->addresses == std::vector<std::string>{"Bea@example.org"});
  CHECK(add_person(*added, make_person("bea")).error().code == ErrorCode::kExists);
  CHECK(add_person(office, make_person("No:Name")).error().code == ErrorCode::kInvalid);
  CHECK(add_person(office, make_person("eve", {"*@example.org"})).error().code == ErrorCode::kInvalid);

  const auto renamed = rename_person(office, "ada", "zoe");
  REQUIRE(renamed);
  CHECK(renamed->person("ada") == nullptr);
  CHECK(renamed->devices_of("zoe").size() == 2);
  CHECK(rename_person(office, "ada", "bob").error().code == ErrorCode::kExists);
  CHECK(rename_person(office, "eve", "zoe").error().code == ErrorCode::kNotFound);
  CHECK(rename_person(office, "ada", "-x").error().code == ErrorCode::kInvalid);

  const auto removed = remove_person(office, "ada");
  REQUIRE(removed);
  CHECK(removed->devices.size() == 1);
  CHECK(remove_person(office, "eve").error().code == ErrorCode::kNotFound);

  const auto suspended = set_person_state(office, "ada", PersonState::kSuspended);
  REQUIRE(suspended);
  CHECK(suspended->person("ada")->state == PersonState::kSuspended);
  CHECK(set_person_state(*suspended, "ada", PersonState::kActive) == office);

  Person ada = *office.person("ada");
  ada.full_name = "Ada L.";
  CHECK(change_person(office, ada)->person("ada")->full_name == "Ada L.");
}

TEST_CASE("a device gets the lowest free address of each network, and former ones last") {
  config::Vpn vpn;
  const auto first = add_device(make_office(), make_device("new", "bob", kKeyC, {}), vpn);
  REQUIRE(first);
  CHECK(first->device("new")->addresses == std::vector{ip("10.9.0.4"), ip("fd09::3")});

  // .2 and ::2 were the revoked laptop's: not while others are free.
  const auto revoked = revoke_device(make_office(), "ada-laptop");
  REQUIRE(revoked);
  CHECK(allot_addresses(*revoked, vpn) == std::vector{ip("10.9.0.4"), ip("fd09::3")});

  vpn.addresses = {{ip("10.9.0.1"), 30}};  // .1 is the box, .2 the revoked laptop's, .3 the broadcast address
  CHECK(allot_addresses(*revoked, vpn) == std::vector{ip("10.9.0.2")});
  CHECK(allot_addresses(make_office(), vpn).error().code == ErrorCode::kLimit);
}

TEST_CASE("devices keep to the rules") {
  const config::Vpn vpn;
  const Document office = make_office();
  CHECK(add_device(office, make_device("bob-phone", "bob", kKeyC, {}), vpn).error().code == ErrorCode::kExists);
  CHECK(add_device(office, make_device("x", "eve", kKeyC, {}), vpn).error().code == ErrorCode::kNotFound);
  CHECK(add_device(office, make_device("x", "bob", kKeyA, {}), vpn).error().code == ErrorCode::kInvalid);
  CHECK(add_device(office, make_device("x", "bob", kKeyC, {"10.9.0.1"}), vpn).error().code == ErrorCode::kInvalid);
  CHECK(add_device(office, make_device("x", "bob", "", {"10.9.0.9"}), vpn).error().code == ErrorCode::kInvalid);
  CHECK(add_device(office, make_device("x", "bob", "", {}), vpn).error().code == ErrorCode::kInvalid);
  CHECK(add_device(office, make_device("x", "bob", "", {"192.168.7.21"}), vpn).has_value());

  const auto suspended = set_device_state(office, "bob-phone", DeviceState::kSuspended);
  REQUIRE(suspended);
  CHECK(set_device_state(*suspended, "bob-phone", DeviceState::kActive) == office);
  const auto revoked = revoke_device(office, "bob-phone");
  REQUIRE(revoked);
  CHECK(set_device_state(*revoked, "bob-phone", DeviceState::kActive).error().code == ErrorCode::kPermission);
  CHECK(revoke_device(office, "nothing").error().code == ErrorCode::kNotFound);
}
