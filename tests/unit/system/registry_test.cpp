#include "system/registry.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "identity/store.h"
#include "support.h"
#include "vpn/key.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;
using namespace std::chrono_literals;
using identity::DeviceState;
using identity::PersonState;

namespace {

/// Folders, clock and a registry over them; opened again by reopen(), as after a restart.
struct Scene {
  Scene() {
    for (const char* name : {"people", "vpn", "passwords"}) std::filesystem::create_directory(folder.file(name));
    config.gateway.data = folder.path();
    config.people.file = folder.file("people/people.json");
    config.people.passwords = folder.file("passwords");
    REQUIRE(replace_file(folder.file("passwd"), "root:x:0:0::/root:/bin/sh\n", 0644));
    REQUIRE(reopen());
  }

  Result<void> reopen() {
    registry.emplace(context.get_executor(), config, passwords(), ::getgid(), events,
                     Registry::Hooks{[this] { ++changes; }, [this](ipc::EndSessions end) { ends.push_back(end); }},
                     clock);
    return wait_for(context, registry->open());
  }
  identity::PasswordStore passwords() const {
    identity::PasswordStore::Options options;
    options.folder = config.people.passwords;
    options.system_passwd = folder.file("passwd");
    options.readers = ::getgid();
    options.hash_cost = identity::kMinHashCost;
    return identity::PasswordStore(options, clock);
  }
  Result<void> add(const std::string& name, const std::string& password = "long enough") {
    identity::Person person;
    person.name = name;
    person.addresses = {name + "@example.org"};
    return wait_for(context, registry->add_person("root", person, Secret(password)));
  }
  Result<Registry::Enrolled> enrol(const std::string& name, const std::string& person, bool tunnel = true) {
    identity::Device device;
    device.name = name;
    device.person = person;
    if (!tunnel) device.addresses = {ip("192.168.7.50")};
    return wait_for(context, registry->add_device("root", device, tunnel, box_key));
  }
  Result<void> change(const std::string& name, PersonChange what) {
    return wait_for(context, registry->change_person("root", name, std::move(what)));
  }
  Result<void> set(const std::string& device, DeviceState state) {
    return wait_for(context, registry->set_device_state("root", device, state));
  }
  std::optional<identity::PasswordEntry> entry(const std::string& name) const {
    const auto entries = passwords().entries();
    REQUIRE(entries);
    const auto found = std::ranges::find(*entries, name, &identity::PasswordEntry::name);
    return found == entries->end() ? std::nullopt : std::optional(*found);
  }
  identity::Document stored() const { return identity::load_document(config.people.file).value(); }

  Folder folder;
  asio::io_context context;
  config::Config config;
  ManualClock clock;
  EventFeed events{context.get_executor(), "/nonexistent/hot.sock"};
  std::string box_key = vpn::generate_key_pair()->public_key;
  int changes = 0;
  std::vector<ipc::EndSessions> ends;
  std::optional<Registry> registry;
};

}  // namespace

TEST_CASE("a person is stored with a password, and the ledger is told") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  CHECK(scene.stored().person("anna") != nullptr);
  REQUIRE(scene.entry("anna"));
  CHECK(scene.entry("anna")->hash.starts_with("$y$"));
  CHECK(scene.events.waiting() == 1);
  const auto again = scene.add("anna");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::kExists);
  CHECK(scene.entry("anna")->hash.starts_with("$y$"));
  CHECK(scene.events.waiting() == 1);
}

TEST_CASE("a person that the system already has as an account is refused and leaves nothing behind") {
  Scene scene;
  CHECK_FALSE(scene.add("root"));
  CHECK(scene.stored().people.empty());
  CHECK_FALSE(scene.add("not a name"));
  CHECK(scene.passwords().entries()->empty());
}

TEST_CASE("a suspended person loses sessions, tunnel and password, and gets them back") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  REQUIRE(scene.enrol("anna-laptop", "anna"));
  CHECK(scene.registry->peers().size() == 1);
  PersonChange suspend;
  suspend.state = PersonState::kSuspended;
  const int changes = scene.changes;
  REQUIRE(scene.change("anna", suspend));
  CHECK(scene.changes == changes + 1);
  REQUIRE(scene.ends.size() == 1);
  CHECK(scene.ends[0].person == "anna");
  CHECK(scene.registry->peers().empty());
  CHECK(scene.entry("anna")->locked());
  const auto standing = scene.registry->standing_ends();
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].person == "anna");
  PersonChange resume;
  resume.state = PersonState::kActive;
  REQUIRE(scene.change("anna", resume));
  CHECK_FALSE(scene.entry("anna")->locked());
  CHECK(scene.registry->peers().size() == 1);
  CHECK(scene.ends.size() == 1);
}

TEST_CASE("a device gets a configuration once; its private key is nowhere on disk") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  const auto enrolled = scene.enrol("anna-laptop", "anna");
  REQUIRE(enrolled);
  const std::string text(enrolled->configuration.reveal());
  const auto start = text.find("PrivateKey = ") + 13;
  const std::string private_key = text.substr(start, text.find('\n', start) - start);
  CHECK(vpn::public_key_of(Secret(private_key)) == enrolled->device.public_key);
  CHECK(text.contains("PublicKey = " + scene.box_key));
  for (const auto& file : std::filesystem::recursive_directory_iterator(scene.folder.path())) {
    if (file.is_regular_file()) CHECK_FALSE(read_file(file.path())->contains(private_key));
  }
  // The preshared key is the same that the interface will be given.
  const auto peers = scene.registry->peers();
  REQUIRE(peers.size() == 1);
  CHECK(text.contains("PresharedKey = " + std::string(peers[0].preshared.reveal()) + "\n"));
  REQUIRE(scene.reopen());
  CHECK(text.contains("PresharedKey = " + std::string(scene.registry->peers().at(0).preshared.reveal()) + "\n"));
}

TEST_CASE("a device with a key of its own keeps it, and its configuration has no private key") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  identity::Device device;
  device.name = "anna-phone";
  device.person = "anna";
  device.public_key = vpn::generate_key_pair()->public_key;
  const auto enrolled = wait_for(scene.context, scene.registry->add_device("root", device, true, scene.box_key));
  REQUIRE(enrolled);
  CHECK(enrolled->device.public_key == device.public_key);
  CHECK(enrolled->configuration.reveal().contains("# PrivateKey"));
}

TEST_CASE("a device of the LAN is an address and no peer") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  const auto scanner = scene.enrol("scanner", "anna", false);
  REQUIRE(scanner);
  CHECK(scanner->configuration.empty());
  CHECK(scene.registry->peers().empty());
  identity::Device nowhere;
  nowhere.name = "nowhere";
  nowhere.person = "anna";
  CHECK_FALSE(wait_for(scene.context, scene.registry->add_device("root", nowhere, false, scene.box_key)));
}

TEST_CASE("a revoked device loses its sessions and its key, for good") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  const auto first = scene.enrol("anna-laptop", "anna");
  REQUIRE(scene.enrol("anna-phone", "anna"));
  REQUIRE(scene.set("anna-laptop", DeviceState::kSuspended));
  REQUIRE(scene.ends.size() == 1);
  CHECK(scene.ends[0].person.empty());
  CHECK(scene.ends[0].sources == first->device.addresses);
  REQUIRE(scene.set("anna-laptop", DeviceState::kActive));
  CHECK(scene.registry->peers().size() == 2);
  REQUIRE(scene.set("anna-laptop", DeviceState::kRevoked));
  CHECK(scene.ends.size() == 2);
  CHECK(scene.registry->peers().size() == 1);
  CHECK_FALSE(scene.set("anna-laptop", DeviceState::kActive));
  CHECK_FALSE(read_file(scene.folder.file("vpn/preshared.keys"))->contains(first->device.public_key));
  CHECK(scene.registry->standing_ends().at(0).sources == first->device.addresses);
}

TEST_CASE("removing a person takes devices, keys and password along") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  const auto laptop = scene.enrol("anna-laptop", "anna");
  REQUIRE(wait_for(scene.context, scene.registry->remove_person("root", "anna")));
  CHECK(scene.stored() == identity::Document{});
  CHECK_FALSE(scene.entry("anna"));
  REQUIRE(scene.ends.size() == 2);
  CHECK(scene.ends[0].person == "anna");
  CHECK(scene.ends[1].sources == laptop->device.addresses);
  CHECK(read_file(scene.folder.file("vpn/preshared.keys"))->empty());
  CHECK(wait_for(scene.context, scene.registry->remove_person("root", "anna")).error().code == ErrorCode::kNotFound);
}

TEST_CASE("whoever's time has come is ended once") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  REQUIRE(scene.add("ben"));
  REQUIRE(scene.enrol("anna-laptop", "anna"));
  PersonChange expires;
  expires.expires = std::optional(scene.clock.wall() + 1h);
  REQUIRE(scene.change("anna", expires));
  CHECK_FALSE(scene.registry->expire());
  scene.clock.advance(1h - 1us);
  CHECK_FALSE(scene.registry->expire());
  scene.clock.advance(1us);
  CHECK(scene.registry->expire());
  REQUIRE(scene.ends.size() == 1);
  CHECK(scene.ends[0].person == "anna");
  CHECK(scene.registry->peers().empty());
  CHECK_FALSE(scene.registry->expire());
  CHECK(scene.ends.size() == 1);
}

TEST_CASE("what a cut left half done is put right at the next start") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  REQUIRE(scene.add("ben"));
  // A person whose password entry is missing, and an entry whose person is.
  REQUIRE(scene.passwords().remove("ben"));
  REQUIRE(scene.passwords().create("ghost", "", Secret("long enough")));
  REQUIRE(scene.reopen());
  REQUIRE(scene.entry("ben"));
  CHECK(scene.entry("ben")->locked());
  CHECK_FALSE(scene.entry("ghost"));
  CHECK(scene.entry("anna")->hash.starts_with("$y$"));
}

TEST_CASE("a damaged document stops the start instead of emptying the house") {
  Scene scene;
  REQUIRE(scene.add("anna"));
  REQUIRE(replace_file(scene.config.people.file, "{}", 0640));
  CHECK_FALSE(scene.reopen());
  CHECK(read_file(scene.config.people.file) == "{}");
  CHECK(scene.entry("anna"));
}
