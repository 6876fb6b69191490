#include "identity/directory.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/store.h"
#include "support.h"

using namespace postern;
using namespace postern::identity;

TEST_CASE("a login is a name in any case, or a mail address that one person has") {
  const Directory directory(make_office());
  CHECK(directory.resolve("ada")->name == "ada");
  CHECK(directory.resolve("ADA")->name == "ada");
  CHECK(directory.resolve("Ada@Example.org")->name == "ada");
  CHECK(directory.resolve("office@example.org") == nullptr);
  for (const char* login : {"", "eve", "ada ", "@example.org", "*@example.org", "ada@example.org\n", "-ada"}) {
    CAPTURE(login);
    CHECK(directory.resolve(login) == nullptr);
  }
}

TEST_CASE("an address is the device's that has it now") {
  Document office = make_office();
  office.devices.insert(office.devices.begin(), make_device("a-former", "bob", kKeyC, {"10.9.0.2", "10.9.0.77"}));
  office.devices[0].state = DeviceState::kRevoked;
  const Directory directory(std::move(office));
  CHECK(directory.device_at(ip("10.9.0.2"))->name == "ada-laptop");
  CHECK(directory.device_at(ip("::ffff:10.9.0.2"))->name == "ada-laptop");
  CHECK(directory.device_at(ip("10.9.0.77"))->name == "a-former");
  CHECK(directory.device_at(ip("10.9.0.99")) == nullptr);
}

TEST_CASE("the file is read again when it is another one") {
  const TemporaryFolder folder;
  const std::string path = folder.file("people.json");
  DirectoryFile file(path);
  CHECK(file.current()->document() == Document{});
  const auto before = file.generation();

  REQUIRE(save_document(path, make_office(), ::getegid()));
  const auto held = file.current();
  CHECK(held->document() == make_office());
  CHECK(file.generation() == before + 1);
  CHECK(file.current() == held);
  CHECK(file.generation() == before + 1);

  SECTION("a broken one leaves the last good one in force, and says so") {
    std::ofstream(path) << "{";
    CHECK(file.current() == held);
    REQUIRE(file.error());
    CHECK(file.error()->context.starts_with(path + ": no valid JSON"));
    REQUIRE(save_document(path, Document{}, ::getegid()));
    CHECK(file.current()->document() == Document{});
    CHECK_FALSE(file.error());
  }
  SECTION("none at all means nobody") {
    REQUIRE(::unlink(path.c_str()) == 0);
    CHECK(file.current()->document() == Document{});
    CHECK(held->document() == make_office());
  }
}

TEST_CASE("an invalid document is not saved") {
  const TemporaryFolder folder;
  Document office = make_office();
  office.people[0].name = "-x";
  CHECK(save_document(folder.file("people.json"), office, ::getegid()).error().code == ErrorCode::kInvalid);
  CHECK(load_document(folder.file("people.json")).error().code == ErrorCode::kNotFound);
}
