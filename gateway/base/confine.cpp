#include "base/confine.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <format>
#include <optional>

#include "base/log.h"

namespace postern {

namespace {

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

Result<void> check_single_thread() {
  std::error_code error;
  std::filesystem::directory_iterator tasks("/proc/self/task", error);
  if (error) return fail(ErrorCode::kIo, "list /proc/self/task: " + error.message());
  if (std::distance(begin(tasks), end(tasks)) != 1) {
    return fail(ErrorCode::kInternal, "confine() came after the first thread, which would stay unconfined");
  }
  return {};
}

Result<void> set_limits(std::uint64_t open_files) {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return fail_errno("set the limit of core dumps", errno);
  if (open_files == 0) return {};
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("get the limit of open files", errno);
  files.rlim_cur = std::min<rlim_t>(open_files, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("set the limit of open files", errno);
  if (files.rlim_cur < open_files) {
    log::warning("the limit of open files is lower than wanted",
                 {{"wanted", std::to_string(open_files)}, {"limit", std::to_string(files.rlim_cur)}});
  }
  return {};
}

CapabilitySets only(const std::vector<unsigned>& capabilities) {
  CapabilitySets sets{};
  for (const unsigned capability : capabilities) {
    sets.at(CAP_TO_INDEX(capability)).permitted |= CAP_TO_MASK(capability);
    sets.at(CAP_TO_INDEX(capability)).effective |= CAP_TO_MASK(capability);
  }
  return sets;
}

bool same_capabilities(const __user_cap_data_struct& a, const __user_cap_data_struct& b) {
  return a.effective == b.effective && a.permitted == b.permitted && a.inheritable == b.inheritable;
}

/// What the process could regain by exec is dropped while it still may drop it. Without CAP_SETPCAP (systemd changed
/// the account and bounded the set before us) no exec can regain anything either, since no_new_privs follows.
Result<void> drop_bounding_set(const std::vector<unsigned>& keep) {
  for (unsigned capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (std::ranges::contains(keep, capability)) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) {
      return fail_errno(std::format("drop capability {} from the bounding set", capability), errno);
    }
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return fail_errno("clear ambient set", errno);
  return {};
}

Result<void> become(const std::string& user) {
  errno = 0;
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr) return fail(ErrorCode::kNotFound, std::format("there is no account '{}'", user));
  const uid_t uid = account->pw_uid;
  const gid_t gid = account->pw_gid;
  if (::geteuid() != 0) {
    if (::geteuid() == uid) return {};
    return fail(ErrorCode::kPermission, std::format("only root can become '{}'", user));
  }
  // The capabilities that are kept survive the change of account; capset() below drops the others.
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("keep capabilities", errno);
  if (::initgroups(user.c_str(), gid) != 0) return fail_errno("set the groups of " + user, errno);
  if (::setresgid(gid, gid, gid) != 0) return fail_errno("set the group of " + user, errno);
  if (::setresuid(uid, uid, uid) != 0) return fail_errno("become " + user, errno);
  return {};
}

Result<void> set_capabilities(const std::vector<unsigned>& capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const CapabilitySets sets = only(capabilities);
  // A unit of systemd that has taken everything away already may forbid the call as well.
  CapabilitySets held{};
  if (::syscall(SYS_capget, &header, held.data()) != 0) return fail_errno("read the capabilities", errno);
  if (std::ranges::equal(sets, held, same_capabilities)) return {};
  if (::syscall(SYS_capset, &header, sets.data()) != 0) {
    return fail_errno("reduce the capabilities to those that are needed", errno);
  }
  return {};
}

}  // namespace

Result<void> confine(const Confinement& wanted) {
  if (auto alone = check_single_thread(); !alone) return alone;
  if (auto limits = set_limits(wanted.open_files); !limits) return limits;
  if (auto bounded = drop_bounding_set(wanted.capabilities); !bounded) return bounded;
  if (!wanted.user.empty()) {
    if (auto changed = become(wanted.user); !changed) return changed;
  }
  if (auto reduced = set_capabilities(wanted.capabilities); !reduced) return reduced;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("set no_new_privs", errno);
  if (auto restricted = detail::restrict_paths(wanted); !restricted) return restricted;
  // Last of all, since a change of account makes a process dumpable or not by its own rules.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("forbid ptrace", errno);
  return detail::filter_calls(wanted);
}

}  // namespace postern
