#include "base/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <thread>

#include "base/file.h"
#include "base/profiles.h"

using namespace postern;

namespace {

constexpr int kRefusedToStart = 99;

/// How a child ended that (confined itself and then) did something: its exit status, or minus the signal.
int in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(action());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int confined(const Confinement& wanted, const std::function<int()>& action) {
  return in_child([&] {
    const auto done = confine(wanted);
    if (done) return action();
    const std::string text = done.error().context + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    return kRefusedToStart;
  });
}

/// 0 when a call succeeded, else its errno: what a child hands back.
int outcome(long result) { return result >= 0 ? 0 : errno; }

std::string status_line(const std::string& key) {
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  }
  return {};
}

/// A folder of its own for one test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "confine-").string() + std::string(6, 'X');
    path_ = ::mkdtemp(pattern.data());
    REQUIRE(::chmod(path_.c_str(), 0777) == 0);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const Confinement kNothing;
Confinement with_calls(Calls calls, Filter filter = Filter::kKill) {
  Confinement wanted;
  wanted.calls = calls;
  wanted.filter = filter;
  return wanted;
}

int connect_to(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return outcome(::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

int bind_unix(const std::string& path) {
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return outcome(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

int open_to(const std::string& path, int flags) { return outcome(::open(path.c_str(), flags | O_CLOEXEC, 0600)); }

}  // namespace

TEST_CASE("a call outside the groups ends the process, or fails with EPERM, as chosen") {
  CHECK(confined(kNothing, [] { return 0; }) == 0);
  CHECK(confined(kNothing, [] { return outcome(::syscall(SYS_ptrace, 0, 0, 0, 0)); }) == -SIGSYS);
  CHECK(confined(kNothing, [] { return open_to("/dev/null", O_RDONLY); }) == -SIGSYS);
  CHECK(confined(with_calls(Calls::kBase, Filter::kRefuse),
                 [] { return outcome(::syscall(SYS_ptrace, 0, 0, 0, 0)); }) == EPERM);
}

TEST_CASE("threads can be started after the filter, and are under it") {
  CHECK(confined(kNothing, [] {
          int result = 0;
          std::thread([&] { result = 7; }).join();
          return result;
        }) == 7);
  CHECK(confined(kNothing, [] {
          std::thread([] { ::syscall(SYS_ptrace, 0, 0, 0, 0); }).join();
          return 0;
        }) == -SIGSYS);
}

TEST_CASE("confining comes before the first thread or not at all") {
  std::latch finish(1);
  std::thread other([&] { finish.wait(); });
  const auto done = confine(kNothing);
  finish.count_down();
  other.join();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::kInternal);
}

TEST_CASE("network sockets exist only for who was given them") {
  CHECK(confined(with_calls(Calls::kUnix), [] { return connect_to(9); }) == EAFNOSUPPORT);
  CHECK(confined(with_calls(Calls::kUnix), [] { return outcome(::socket(AF_INET6, SOCK_DGRAM, 0)); }) == EAFNOSUPPORT);
  CHECK(confined(with_calls(Calls::kUnix), [] { return outcome(::socket(AF_NETLINK, SOCK_RAW, 0)); }) == EAFNOSUPPORT);
  CHECK(confined(with_calls(Calls::kUnix), [] { return outcome(::socket(AF_UNIX, SOCK_STREAM, 0)); }) == 0);
  CHECK(confined(with_calls(Calls::kInet), [] { return outcome(::socket(AF_UNIX, SOCK_STREAM, 0)); }) == EAFNOSUPPORT);
  Confinement connects = with_calls(Calls::kInet);
  connects.tcp_connect = true;
  CHECK(confined(connects, [] { return connect_to(9); }) == ECONNREFUSED);
}

TEST_CASE("who only reads gets no file to write") {
  const Folder folder;
  REQUIRE(replace_file(folder / "file", "text", 0666));
  Confinement reads = with_calls(Calls::kReadFiles);
  reads.paths.read = {folder.path()};
  CHECK(confined(reads, [&] { return open_to(folder / "file", O_RDONLY); }) == 0);
  CHECK(confined(reads, [&] { return open_to(folder / "file", O_WRONLY); }) == EROFS);
  CHECK(confined(reads, [&] { return open_to(folder / "file", O_RDWR); }) == EROFS);
  CHECK(confined(reads, [&] { return open_to(folder / "file", O_RDONLY | O_TRUNC); }) == EROFS);
  CHECK(confined(reads, [&] { return open_to(folder / "new", O_RDONLY | O_CREAT); }) == EROFS);
  CHECK(confined(reads, [&] { return outcome(::rename((folder / "file").c_str(), (folder / "x").c_str())); }) ==
        -SIGSYS);
}

TEST_CASE("nothing becomes executable, and no program starts, without being given") {
  const auto map = [](int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
  };
  CHECK(confined(kNothing, [&] { return map(PROT_READ | PROT_WRITE); }) == 0);
  CHECK(confined(kNothing, [&] { return map(PROT_READ | PROT_EXEC); }) == EACCES);
  CHECK(confined(with_calls(Calls::kLoadCode), [&] { return map(PROT_READ | PROT_EXEC); }) == 0);
  CHECK(confined(kNothing, [] { return outcome(::fork()); }) == -SIGSYS);
  CHECK(confined(with_calls(Calls::kReadFiles), [] { return ::execl("/bin/true", "true", nullptr); }) == -SIGSYS);

  Confinement runs = with_calls(Calls::kReadFiles | Calls::kRun, Filter::kRefuse);
  runs.paths.run = {"/usr", "/lib", "/lib64", "/bin", "/etc"};
  CHECK(confined(runs, [] { return ::execl("/bin/true", "true", nullptr); }) == 0);
}

TEST_CASE("the account is changed, its privileges are gone and can't be had back") {
  REQUIRE(::geteuid() == 0);
  Confinement wanted = with_calls(Calls::kReadFiles);
  wanted.user = "nobody";
  wanted.paths.read = {"/proc"};
  CHECK(confined(wanted, [] { return ::getuid() == 65534 && ::geteuid() == 65534 && ::getgid() == 65534 ? 0 : 1; }) ==
        0);
  CHECK(confined(wanted, [] { return ::getgroups(0, nullptr); }) <= 1);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    CAPTURE(set);
    CHECK(confined(wanted, [&] { return status_line(set) == "0000000000000000" ? 0 : 1; }) == 0);
  }
  CHECK(confined(wanted, [] { return status_line("NoNewPrivs") == "1" ? 0 : 1; }) == 0);
  CHECK(confined(wanted, [] { return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }) == 0);
  CHECK(confined(wanted, [] {
          rlimit core{};
          ::getrlimit(RLIMIT_CORE, &core);
          return core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 1;
        }) == 0);
  CHECK(confined(wanted, [] { return outcome(::setuid(0)); }) == -SIGSYS);
}

TEST_CASE("only the capabilities that were asked for stay, across the change of account") {
  Confinement wanted = with_calls(Calls::kReadFiles);
  wanted.user = "nobody";
  wanted.capabilities = {CAP_NET_BIND_SERVICE};
  wanted.paths.read = {"/proc"};
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
    CAPTURE(set);
    CHECK(confined(wanted, [&] { return status_line(set) == "0000000000000400" ? 0 : 1; }) == 0);
  }
}

TEST_CASE("an account that is not there is an error") {
  Confinement wanted;
  wanted.user = "no-such-account";
  CHECK(confined(wanted, [] { return 0; }) == kRefusedToStart);
}

TEST_CASE("a process that is not root can't become another account") {
  Confinement wanted;
  wanted.user = "root";
  CHECK(in_child([&] {
          if (::setresuid(65534, 65534, 65534) != 0) return 1;
          const auto done = confine(wanted);
          return !done && done.error().code == ErrorCode::kPermission ? 0 : 2;
        }) == 0);
}

TEST_CASE("Landlock bounds what is read, written and served") {
  if (landlock_version() == 0) SKIP("this kernel has no Landlock");
  const Folder mine;
  const Folder other;
  REQUIRE(replace_file(mine / "file", "text", 0644));
  REQUIRE(replace_file(other / "file", "text", 0644));
  Confinement wanted = with_calls(Calls::kReadFiles | Calls::kWriteFiles | Calls::kUnix);
  wanted.paths = {.read = {"/no/such/place"}, .run = {}, .write = {mine.path()}, .sockets = {}};

  CHECK(confined(wanted, [&] { return open_to(mine / "file", O_RDWR); }) == 0);
  CHECK(confined(wanted, [&] { return open_to(mine / "new", O_WRONLY | O_CREAT); }) == 0);
  CHECK(confined(wanted, [&] { return outcome(::rename((mine / "new").c_str(), (mine / "newer").c_str())); }) == 0);
  CHECK(confined(wanted, [&] { return outcome(::unlink((mine / "newer").c_str())); }) == 0);
  CHECK(confined(wanted, [&] { return open_to(other / "file", O_RDONLY); }) == EACCES);
  CHECK(confined(wanted, [&] { return open_to(other / "new", O_WRONLY | O_CREAT); }) == EACCES);
  CHECK(confined(wanted, [&] { return bind_unix(other / "socket"); }) == EACCES);

  wanted.paths = {.read = {}, .run = {}, .write = {}, .sockets = {other.path()}};
  CHECK(confined(wanted, [&] { return bind_unix(other / "socket"); }) == 0);
  CHECK(confined(wanted, [&] { return outcome(::unlink((other / "socket").c_str())); }) == 0);
  CHECK(confined(wanted, [&] { return open_to(other / "file", O_RDONLY); }) == EACCES);
  CHECK(confined(wanted, [&] { return open_to(other / "new", O_WRONLY | O_CREAT); }) == EACCES);
}

TEST_CASE("a file without a name can be written and then linked in the folders that may be written") {
  const Folder folder;
  REQUIRE(::mkdir((folder / "sub").c_str(), 0700) == 0);
  REQUIRE(::chmod((folder / "sub").c_str(), 0777) == 0);
  Confinement wanted = with_calls(Calls::kReadFiles | Calls::kWriteFiles);
  wanted.user = "nobody";
  wanted.paths.write = {folder.path()};
  const auto link = [&](const std::string& to) {
    const int file = ::open(folder.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    const std::string from = "/proc/self/fd/" + std::to_string(file);
    return outcome(::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW));
  };
  CHECK(confined(wanted, [&] { return link(folder / "large"); }) == 0);
  CHECK(confined(wanted, [&] { return link(folder / "sub/large"); }) == 0);
}

TEST_CASE("a connection that was handed over can't be turned elsewhere") {
  if (landlock_version() < 4) SKIP("this kernel's Landlock knows no ports");
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(confined(kNothing, [&] {
          return outcome(::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
        }) == EACCES);
  CHECK(confined(kNothing, [&] {
          return outcome(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
        }) == EACCES);
  ::close(made);
}

TEST_CASE("the one who runs tools is refused what no tool needs") {
  Confinement wanted = with_calls(Calls::kBase, Filter::kDenyDangerous);
  wanted.capabilities = {CAP_NET_ADMIN, CAP_SYS_ADMIN};
  wanted.paths.run = {"/"};
  CHECK(confined(wanted, [] { return outcome(::unshare(CLONE_NEWNET)); }) == EPERM);
  CHECK(confined(wanted, [] { return outcome(::syscall(SYS_bpf, 0, nullptr, 0)); }) == EPERM);
  CHECK(confined(wanted, [] { return outcome(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }) == EPERM);
  CHECK(confined(wanted, [] { return ::execl("/bin/true", "true", nullptr); }) == 0);
}

TEST_CASE("the profiles name five accounts, and only system keeps capabilities") {
  const profiles::Places places;
  for (const auto& [profile, user] :
       {std::pair{profiles::submit(places), "postern-submit"}, std::pair{profiles::auth(places), "postern-auth"},
        std::pair{profiles::vault(places), "postern-vault"}, std::pair{profiles::deliver(places), "postern-deliver"}}) {
    CHECK(profile.user == user);
    CHECK(profile.capabilities.empty());
  }
  CHECK(profiles::system(places).user.empty());
  CHECK_FALSE(has(profiles::submit(places).calls, Calls::kInet));
  CHECK_FALSE(has(profiles::vault(places).calls, Calls::kInet));
  CHECK_FALSE(has(profiles::auth(places).calls, Calls::kInet));
  CHECK(profiles::submit(places).paths.write.empty());
}
