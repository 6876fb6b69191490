#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "identity/pam_launcher.h"
#include "identity/pam_pool.h"
#include "identity/passwords.h"
#include "real_pam.h"
#include "support.h"

using namespace postern;
using namespace postern::identity;
using namespace std::chrono_literals;

namespace {

/// The least that works (README.md has the evidence): no root, no capability, no set-group-id helper; only the group
/// that may read the hashes.
Result<void> become_nobody() {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(RealPam::kGroup, RealPam::kGroup, RealPam::kGroup) != 0 ||
      ::setresuid(RealPam::kUser, RealPam::kUser, RealPam::kUser) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail_errno("become nobody", errno);
  }
  return {};
}

struct Fixture {
  RealPam system;
  PamLauncher launcher = PamLauncher::start(become_nobody).value();
  asio::io_context context;
  PamPool pool{context.get_executor(), launcher};

  Result<PamAnswer> ask(std::string_view user, std::string_view password, std::string_view service = "postern",
                        std::chrono::milliseconds deadline = 10s) {
    PamRequest request;
    request.service = service;
    request.user = user;
    request.password = Secret(password);
    request.host = "10.9.0.2";
    request.terminal = "postern-submission";
    return run(context, pool.verify(request, deadline));
  }
  PamOutcome outcome(std::string_view user, std::string_view password, std::string_view service = "postern") {
    const auto answer = ask(user, password, service);
    return answer ? answer->outcome : PamOutcome::kUnavailable;
  }
};

/// Processes whose command line holds the text.
std::vector<pid_t> processes_with(std::string_view text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = parse_decimal<pid_t>(entry.path().filename().string());
    const auto line = pid ? read_file(entry.path().string() + "/cmdline") : Result<std::string>{};
    if (pid && line && line->contains(text)) found.push_back(*pid);
  }
  return found;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "real PAM: right, wrong, unknown, locked and expired, by an account without any privilege") {
  const auto answer = ask("ada", "right");
  REQUIRE(answer);
  CHECK(answer->outcome == PamOutcome::kGranted);
  CHECK(answer->user == "ada");
  CHECK(outcome("ada", "wrong") == PamOutcome::kBadPassword);
  CHECK(outcome("ada", "right ") == PamOutcome::kBadPassword);
  CHECK(outcome("nobody-here", "right") == PamOutcome::kUnknown);
  CHECK(outcome("lou", "right") == PamOutcome::kLocked);
  CHECK(outcome("max", "right") == PamOutcome::kExpired);
  CHECK(outcome("max", "wrong") == PamOutcome::kBadPassword);
  CHECK(outcome("new", "right") == PamOutcome::kExpired);
}

TEST_CASE_METHOD(Fixture, "real PAM: the accounts of the system itself are out of reach") {
  // The process can't read /etc/shadow, so not even a right password could be checked.
  CHECK(outcome("root", "right") == PamOutcome::kUnavailable);
}

TEST_CASE_METHOD(Fixture, "real PAM: a changed password counts at once") {
  PasswordStore store({.folder = system.folder(), .readers = RealPam::kGroup});
  REQUIRE(store.set_password("ada", Secret("other")));
  CHECK(outcome("ada", "right") == PamOutcome::kBadPassword);
  CHECK(outcome("ada", "other") == PamOutcome::kGranted);
  REQUIRE(store.unlock("lou", std::nullopt));
  CHECK(outcome("lou", "right") == PamOutcome::kGranted);
  REQUIRE(store.remove("ada"));
  CHECK(outcome("ada", "other") == PamOutcome::kUnknown);
}

TEST_CASE_METHOD(Fixture, "real PAM: a service that is missing or broken lets nobody in") {
  CHECK(outcome("ada", "right", "no-such-service") == PamOutcome::kUnavailable);
  system.service("broken", "auth required pam_no_such_module.so\naccount required pam_permit.so\n");
  CHECK(outcome("ada", "right", "broken") == PamOutcome::kUnavailable);
  system.service("no-account", "auth required pam_permit.so\naccount required pam_deny.so\n");
  CHECK(outcome("ada", "right", "no-account") != PamOutcome::kGranted);
}

TEST_CASE_METHOD(Fixture, "real PAM: only members of the administrators' group get into the panel") {
  system.service("postern-panel", read_file(std::string(POSTERN_SOURCE_DIR) + "/image/pam/postern-panel").value());
  CHECK(outcome("ada", "right", "postern-panel") != PamOutcome::kGranted);
  std::ofstream(system.folder() + "/group", std::ios::app) << "postern-admin:x:20001:ada\n";
  CHECK(outcome("ada", "right", "postern-panel") == PamOutcome::kGranted);
  CHECK(outcome("ada", "wrong", "postern-panel") != PamOutcome::kGranted);
}

TEST_CASE_METHOD(Fixture, "a module that hangs is killed with all that it started, and the next login works") {
  system.service("hangs", "auth required pam_exec.so quiet /bin/sleep 31536001\naccount required pam_permit.so\n");
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = ask("ada", "right", "hangs", 300ms);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kTimeout);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(pool.killed() == 1);
  CHECK(outcome("ada", "right") == PamOutcome::kGranted);
  for (int i = 0; i < 100 && !processes_with("31536001").empty(); ++i) ::usleep(20'000);
  CHECK(processes_with("31536001").empty());
}

TEST_CASE_METHOD(Fixture, "a module that crashes takes nobody along") {
  system.service("crashes",
                 "auth required pam_exec.so quiet " + system.folder() + "/crash\naccount required pam_permit.so\n");
  std::ofstream(system.folder() + "/crash") << "#!/bin/sh\nkill -SEGV $PPID\n";
  std::filesystem::permissions(system.folder() + "/crash", std::filesystem::perms(0755));
  const auto answer = ask("ada", "right", "crashes");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kUnavailable);
  CHECK(outcome("ada", "right") == PamOutcome::kGranted);
}

TEST_CASE_METHOD(Fixture, "the launcher's end is noticed, and no login is granted without it") {
  pollfd ended{launcher.control(), POLLIN, 0};
  CHECK(::poll(&ended, 1, 0) == 0);
  REQUIRE(::kill(launcher.pid(), SIGKILL) == 0);
  CHECK(::poll(&ended, 1, 10'000) == 1);
  const auto answer = ask("ada", "right");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kUnavailable);
}

TEST_CASE_METHOD(Fixture, "refusals cost as much as a wrong password does, whoever is asked for") {
  // Processor time, which a machine under load doesn't change much, of all that the launcher has reaped.
  const auto spent = [this] {
    const std::string own = "/proc/" + std::to_string(launcher.pid());
    const std::string children = own + "/task/" + std::to_string(launcher.pid()) + "/children";
    while (!read_file(children).value().empty()) ::usleep(1000);
    const std::string stat = read_file(own + "/stat").value();
    const auto fields = split(std::string_view(stat).substr(stat.rfind(')')), ' ');
    return parse_decimal<long>(fields.at(14)).value() + parse_decimal<long>(fields.at(15)).value();
  };
  std::map<std::string, long> ticks;
  for (const auto& [user, password] :
       {std::pair{"ada", "wrong"}, {"nobody-here", "x"}, {"lou", "right"}, {"", ""}, {"max", "right"}}) {
    const long before = spent();
    for (int i = 0; i < 3; ++i) CHECK(outcome(user, password) != PamOutcome::kGranted);
    ticks[user] = spent() - before;
  }
  for (const auto& [user, took] : ticks) {
    CAPTURE(user, took, ticks["ada"]);
    // A hash without unix_chkpwd around it is about half. On the wire the difference is gone: failure_delay covers
    // both.
    CHECK(3 * took > ticks["ada"]);
    CHECK(took < 3 * ticks["ada"]);
  }
}

TEST_CASE("the launcher does not start when it can't confine itself") {
  const auto launcher = PamLauncher::start([] { return Result<void>(fail(ErrorCode::kPermission, "no")); });
  REQUIRE_FALSE(launcher);
  CHECK(launcher.error().code == ErrorCode::kUnavailable);
}
