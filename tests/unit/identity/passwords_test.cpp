#include "identity/passwords.h"

#include <crypt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "base/file.h"
#include "support.h"

using namespace postern;
using namespace postern::identity;

namespace {

struct Fixture {
  TemporaryFolder folder;
  ManualClock clock{WallTime(std::chrono::days(20'000))};
  PasswordStore store = make();

  PasswordStore make() {
    std::ofstream(folder.file("system")) << "root:x:0:0:root:/root:/bin/bash\nmail:x:8:8::/:/bin/sh\n";
    PasswordStore::Options options;
    options.folder = folder.path();
    options.system_passwd = folder.file("system");
    options.readers = 64'999;
    options.last_uid = options.first_uid + 2;
    options.hash_cost = kMinHashCost;
    return PasswordStore(options, clock);
  }
  std::string read(std::string_view file) { return read_file(folder.file(file)).value(); }
  PasswordEntry entry(std::string_view name) {
    const auto all = store.entries();
    REQUIRE(all);
    for (const auto& found : *all) {
      if (found.name == name) return found;
    }
    FAIL("no entry " << name);
    return {};
  }
};

bool checks(const PasswordEntry& entry, const char* password) {
  auto data = std::make_unique<crypt_data>();
  return ::crypt_r(password, entry.hash.c_str(), data.get()) == entry.hash;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "an entry is a person without a shell, with a yescrypt hash") {
  REQUIRE(store.create("ada", "Ada L.", Secret("correct horse")));
  CHECK(read("passwd") == "ada:x:20000:20000:Ada L.:/nonexistent:/usr/sbin/nologin\n");
  CHECK(read("group") == "postern-people:x:20000:\n");
  CHECK(read("shadow").starts_with("ada:$y$"));
  CHECK(read("shadow").ends_with(":20000::::::\n"));
  CHECK(checks(entry("ada"), "correct horse"));
  CHECK_FALSE(checks(entry("ada"), "correct hors"));

  struct stat status{};
  REQUIRE(::stat(folder.file("shadow").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0640U);
  CHECK(status.st_gid == 64'999);
  REQUIRE(::stat(folder.file("passwd").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0644U);
}

TEST_CASE_METHOD(Fixture, "two people with one password have different hashes") {
  REQUIRE(store.create("ada", "", Secret("same")));
  REQUIRE(store.create("bob", "", Secret("same")));
  CHECK(entry("ada").hash != entry("bob").hash);
  CHECK(entry("bob").uid == 20'001);
}

TEST_CASE_METHOD(Fixture, "numbers are reused and end") {
  for (const char* name : {"a", "b", "c"}) REQUIRE(store.create(name, "", Secret("x")));
  CHECK(store.create("d", "", Secret("x")).error().code == ErrorCode::kLimit);
  REQUIRE(store.remove("b"));
  REQUIRE(store.create("d", "", Secret("x")));
  CHECK(entry("d").uid == 20'001);
}

TEST_CASE_METHOD(Fixture, "names that would break the files, or are the system's, are refused") {
  CHECK(store.create("root", "", Secret("x")).error().code == ErrorCode::kExists);
  CHECK(store.create("mail", "", Secret("x")).error().code == ErrorCode::kExists);
  CHECK(store.create("Ada", "", Secret("x")).error().code == ErrorCode::kInvalid);
  CHECK(store.create("a:b", "", Secret("x")).error().code == ErrorCode::kInvalid);
  CHECK(store.create("ada", "x\nroot::0:0", Secret("x")).error().code == ErrorCode::kInvalid);
  CHECK(store.create("ada", "", Secret(std::string_view("a\0b", 3))).error().code == ErrorCode::kInvalid);
  CHECK(store.create("ada", "", Secret(std::string(257, 'x'))).error().code == ErrorCode::kInvalid);
  REQUIRE(store.create("ada", "", Secret("x")));
  CHECK(store.create("ada", "", Secret("x")).error().code == ErrorCode::kExists);
  CHECK(store.rename("ada", "root").error().code == ErrorCode::kExists);
  CHECK(store.set_password("eve", Secret("x")).error().code == ErrorCode::kNotFound);
  CHECK(store.set_password("ada", Secret("")).error().code == ErrorCode::kInvalid);
  CHECK(store.entries()->size() == 1);
}

TEST_CASE_METHOD(Fixture, "lock, unlock and expiry stand in the fields that PAM reads") {
  REQUIRE(store.create("ada", "", Secret("one")));
  REQUIRE(store.set_expiry("ada", WallTime(std::chrono::days(20'100) + std::chrono::hours(9))));
  CHECK(entry("ada").expires == 20'101);
  REQUIRE(store.set_expiry("ada", WallTime(std::chrono::days(20'100))));
  CHECK(entry("ada").expires == 20'100);

  REQUIRE(store.lock("ada"));
  REQUIRE(store.lock("ada"));
  CHECK(entry("ada").hash.starts_with("!$y$"));
  CHECK(entry("ada").expires == 1);
  REQUIRE(store.set_password("ada", Secret("two")));
  REQUIRE(store.set_expiry("ada", std::nullopt));
  CHECK(entry("ada").locked());
  CHECK(entry("ada").expires == 1);

  REQUIRE(store.unlock("ada", std::nullopt));
  CHECK(checks(entry("ada"), "two"));
  CHECK_FALSE(entry("ada").expires);
}

TEST_CASE_METHOD(Fixture, "an entry without a password gets one, and keeps what it is through a rename") {
  REQUIRE(store.create("ada", "Ada", Secret("")));
  CHECK(entry("ada").hash == "!");
  REQUIRE(store.lock("ada"));
  REQUIRE(store.unlock("ada", std::nullopt));
  CHECK(entry("ada").hash == "!");
  REQUIRE(store.set_password("ada", Secret("x")));
  const auto before = entry("ada");
  REQUIRE(store.rename("ada", "zoe"));
  CHECK(entry("zoe").hash == before.hash);
  CHECK(entry("zoe").uid == before.uid);
  REQUIRE(store.set_full_name("zoe", "Zoe"));
  CHECK(entry("zoe").full_name == "Zoe");
  REQUIRE(store.remove("zoe"));
  CHECK(store.entries()->empty());
  CHECK(store.remove("zoe").error().code == ErrorCode::kNotFound);
}

TEST_CASE_METHOD(Fixture, "a file that is damaged is reported, not rewritten") {
  REQUIRE(store.create("ada", "", Secret("x")));
  const std::string shadow = read("shadow");
  for (const std::string damaged :
       {"ada:$y$\n", "garbage\n", "ada:x:1:2:3:4:5:6:7", ":::::::::\n", "ada:!:1::::::\nada:!:1::::::\n"}) {
    std::ofstream(folder.file("shadow")) << damaged;
    CHECK(store.set_password("ada", Secret("y")).error().code == ErrorCode::kCorrupt);
    CHECK(read("shadow") == damaged);
  }
  // A power cut between the files: the half entry is nobody.
  std::ofstream(folder.file("shadow")) << "";
  CHECK(store.entries()->empty());
  std::ofstream(folder.file("shadow")) << shadow;
  std::ofstream(folder.file("passwd")) << "";
  CHECK(store.entries()->empty());
}

TEST_CASE_METHOD(Fixture, "writers do not undo each other's work") {
  for (const char* name : {"a", "b", "c"}) REQUIRE(store.create(name, "", Secret("x")));
  std::vector<std::jthread> writers;
  for (const char* name : {"a", "b", "c"}) {
    writers.emplace_back([this, name] {
      PasswordStore other = make();
      for (int i = 0; i < 20; ++i) {
        if (!other.set_full_name(name, name + std::to_string(i))) std::abort();
      }
    });
  }
  writers.clear();
  for (const char* name : {"a", "b", "c"}) CHECK(entry(name).full_name == std::string(name) + "19");
}

TEST_CASE_METHOD(Fixture, "an unset clock does not ask for a new password") {
  clock.jump(WallTime{});
  REQUIRE(store.create("ada", "", Secret("x")));
  CHECK(entry("ada").changed == 1);
}
