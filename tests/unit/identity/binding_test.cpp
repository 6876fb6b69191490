#include "identity/binding.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support.h"

using namespace postern;
using namespace postern::identity;

namespace {

constexpr auto kTunnel = ipc::NetworkKind::kTunnel;
constexpr auto kLan = ipc::NetworkKind::kLan;
constexpr auto kAllowed = BindingVerdict::kAllowed;
constexpr auto kWrong = BindingVerdict::kWrongDevice;
constexpr auto kInactive = BindingVerdict::kDeviceInactive;

struct Case {
  const char* person;
  const char* client;
  ipc::NetworkKind network;
  BindingVerdict strict;  ///< both bindings strict
  BindingVerdict loose;   ///< tunnel off, LAN any
};

}  // namespace

TEST_CASE("a login is bound to its device") {
  Document office = make_office();
  office.people.push_back(make_person("cleo"));
  auto suspended = make_device("cleo-suspended", "cleo", kKeyC, {"10.9.0.4"});
  suspended.state = DeviceState::kSuspended;
  auto expired = make_device("cleo-expired", "cleo", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ=", {"10.9.0.5"});
  expired.expires = WallTime(std::chrono::seconds(1'000));
  auto revoked = make_device("cleo-revoked", "cleo", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAU=", {"10.9.0.6"});
  revoked.state = DeviceState::kRevoked;
  office.devices.insert(office.devices.end(), {expired, revoked, suspended});
  REQUIRE(validate(office));
  const Directory directory(office);

  const Case cases[] = {
      {"ada", "10.9.0.2", kTunnel, kAllowed, kAllowed},
      {"ada", "fd09::2", kTunnel, kAllowed, kAllowed},
      {"ada", "::ffff:10.9.0.2", kTunnel, kAllowed, kAllowed},
      {"ada", "10.9.0.3", kTunnel, kWrong, kAllowed},
      {"bob", "10.9.0.2", kTunnel, kWrong, kAllowed},
      {"ada", "10.9.0.99", kTunnel, kWrong, kAllowed},
      {"nobody", "10.9.0.2", kTunnel, kWrong, kAllowed},
      {"nobody", "10.9.0.99", kTunnel, kWrong, kAllowed},
      // A LAN device's address does not count in the tunnel, nor a tunnel device's on the LAN.
      {"ada", "192.168.7.20", kTunnel, kWrong, kAllowed},
      {"ada", "10.9.0.2", kLan, kWrong, kAllowed},
      {"ada", "192.168.7.20", kLan, kAllowed, kAllowed},
      {"bob", "192.168.7.20", kLan, kWrong, kAllowed},
      {"ada", "192.168.7.99", kLan, kWrong, kAllowed},
      {"cleo", "10.9.0.4", kTunnel, kInactive, kInactive},
      {"cleo", "10.9.0.5", kTunnel, kInactive, kInactive},
      {"cleo", "10.9.0.6", kTunnel, kInactive, kInactive},
      // Another's inactive device is first of all another's.
      {"ada", "10.9.0.4", kTunnel, kWrong, kInactive},
  };
  config::Login strict;
  strict.lan_binding = config::LanBinding::kStrict;
  config::Login loose;
  loose.binding = config::Binding::kOff;
  const WallTime now{std::chrono::seconds(2'000)};
  for (const auto& c : cases) {
    CAPTURE(c.person, c.client, static_cast<int>(c.network));
    const Person* person = directory.person(c.person);
    CHECK(check_binding(directory, person, ip(c.client), c.network, strict, now).verdict == c.strict);
    CHECK(check_binding(directory, person, ip(c.client), c.network, loose, now).verdict == c.loose);
  }
}

TEST_CASE("the defaults bind the tunnel and leave the LAN open") {
  const Directory directory(make_office());
  const config::Login login;
  const Person* bob = directory.person("bob");
  CHECK(check_binding(directory, bob, ip("10.9.0.2"), kTunnel, login, {}).verdict == kWrong);
  CHECK(check_binding(directory, bob, ip("192.168.7.99"), kLan, login, {}).verdict == kAllowed);
}

TEST_CASE("a suspended LAN device matters only where the LAN is bound") {
  Document office = make_office();
  office.devices[1].state = DeviceState::kSuspended;
  const Directory directory(office);
  config::Login login;
  const Person* ada = directory.person("ada");
  CHECK(check_binding(directory, ada, ip("192.168.7.20"), kLan, login, {}).verdict == kAllowed);
  login.lan_binding = config::LanBinding::kStrict;
  CHECK(check_binding(directory, ada, ip("192.168.7.20"), kLan, login, {}).verdict == kInactive);
}
