// Landlock: which paths, ports, signals and abstract sockets the process may reach.
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/confine.h"
#include "base/fd.h"
#include "base/log.h"

namespace postern {

namespace {

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kRun = kRead | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kSockets =
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kWrite = kRead | kSockets | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER |
                                 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
/// Restricted because we say so, given to nobody.
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM;
/// The rights that a file, as opposed to a folder, can have.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                   LANDLOCK_ACCESS_FS_IOCTL_DEV;

/// What this kernel's version can restrict of what we know: asking for more is an error.
landlock_ruleset_attr known_to(int version, const Confinement& wanted) {
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = kRun | kWrite | kNever;
  if (version < 2) handled.handled_access_fs &= ~std::uint64_t{LANDLOCK_ACCESS_FS_REFER};
  if (version < 3) handled.handled_access_fs &= ~std::uint64_t{LANDLOCK_ACCESS_FS_TRUNCATE};
  if (version < 5) handled.handled_access_fs &= ~std::uint64_t{LANDLOCK_ACCESS_FS_IOCTL_DEV};
  if (version >= 4) {
    if (!wanted.tcp_bind) handled.handled_access_net |= LANDLOCK_ACCESS_NET_BIND_TCP;
    if (!wanted.tcp_connect) handled.handled_access_net |= LANDLOCK_ACCESS_NET_CONNECT_TCP;
  }
  // A process that runs tools signals them; all others have nobody to signal.
  if (version >= 6 && !has(wanted.calls, Calls::kRun) && wanted.filter != Filter::kDenyDangerous) {
    handled.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
  }
  return handled;
}

Result<void> allow(int rules, const std::vector<std::string>& paths, std::uint64_t rights) {
  for (const std::string& path : paths) {
    const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    // What is not there, or is behind a folder that this account can't enter, it could not use anyway.
    if (!place && (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) continue;
    if (!place) return fail_errno("open " + path, errno);
    struct stat status{};
    if (::fstat(place.get(), &status) != 0) return fail_errno("stat " + path, errno);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = S_ISDIR(status.st_mode) ? rights : rights & kOfFiles;
    rule.parent_fd = place.get();
    if (rule.allowed_access == 0) continue;
    if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
      return fail_errno("allow " + path + " in Landlock", errno);
    }
  }
  return {};
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

namespace detail {

Result<void> restrict_paths(const Confinement& wanted) {
  const int version = landlock_version();
  if (version == 0) {
    log::notice("this kernel has no Landlock: paths are bounded by account and system-call filter only");
    return {};
  }
  const landlock_ruleset_attr handled = known_to(version, wanted);
  const UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0)));
  if (!rules) return fail_errno("make a Landlock rule set", errno);
  const std::uint64_t known = handled.handled_access_fs;
  for (const auto& [paths, rights] :
       {std::pair{&wanted.paths.read, kRead}, std::pair{&wanted.paths.run, kRun},
        std::pair{&wanted.paths.write, kWrite}, std::pair{&wanted.paths.sockets, kSockets}}) {
    if (auto allowed = allow(rules.get(), *paths, rights & known); !allowed) return allowed;
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return fail_errno("enter Landlock", errno);
  return {};
}

}  // namespace detail

}  // namespace postern
