#include "real_pam.h"

#include <sched.h>
#include <sys/mount.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "identity/passwords.h"

namespace postern::identity {

namespace {

void hide_under_tmpfs(const char* folder) {
  std::filesystem::create_directories(folder);
  REQUIRE(::mount("tmpfs", folder, "tmpfs", 0, "mode=0755") == 0);
}

}  // namespace

RealPam::RealPam() {
  REQUIRE(::unshare(CLONE_NEWNS) == 0);
  REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  hide_under_tmpfs("/etc/pam.d");
  hide_under_tmpfs(folder_.c_str());
  const std::string switches = folder_ + "/nsswitch.conf";
  std::ofstream(switches) << "passwd: files extrausers\ngroup: files extrausers\nshadow: files extrausers\n";
  REQUIRE(::mount(switches.c_str(), "/etc/nsswitch.conf", nullptr, MS_BIND, nullptr) == 0);
  service("postern", read_file(std::string(POSTERN_SOURCE_DIR) + "/image/pam/postern").value());

  PasswordStore store({.folder = folder_, .readers = kGroup});
  for (const char* name : {"ada", "lou", "max", "new"}) REQUIRE(store.create(name, "", Secret("right")));
  REQUIRE(store.lock("lou"));
  REQUIRE(store.set_expiry("max", WallTime(std::chrono::days(2))));
  // What chage -d 0 does: the account phase then demands a new password.
  std::string shadow = read_file(folder_ + "/shadow").value();
  const auto entry = shadow.find("\nnew:") + 1;
  const auto hash = shadow.find(':', shadow.find(':', entry) + 1);
  shadow.replace(hash + 1, shadow.find(':', hash + 1) - hash - 1, "0");
  REQUIRE(replace_file(folder_ + "/shadow", shadow, 0640, kGroup));
}

void RealPam::service(std::string_view name, std::string_view text) {
  std::ofstream("/etc/pam.d/" + std::string(name)) << text;
}

}  // namespace postern::identity
