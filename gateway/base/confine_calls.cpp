// The filter of system calls, by libseccomp. Calls that an architecture does not have are passed over by libseccomp.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <format>
#include <initializer_list>
#include <memory>

#include "base/confine.h"

namespace postern {

namespace {

using Names = std::initializer_list<const char*>;

// Memory, threads, time, signals to itself, and descriptors that are already open. A socket that was handed over may be
// used in full; making one is another matter.
constexpr Names kBase = {"accept",
                         "accept4",
                         "bind",
                         "brk",
                         "clock_getres",
                         "clock_gettime",
                         "clock_nanosleep",
                         "close",
                         "close_range",
                         "connect",
                         "dup",
                         "dup2",
                         "dup3",
                         "epoll_create",
                         "epoll_create1",
                         "epoll_ctl",
                         "epoll_pwait",
                         "epoll_pwait2",
                         "epoll_wait",
                         "eventfd",
                         "eventfd2",
                         "exit",
                         "exit_group",
                         "fcntl",
                         "fstat",
                         "futex",
                         "futex_waitv",
                         "getcpu",
                         "getegid",
                         "geteuid",
                         "getgid",
                         "getgroups",
                         "getpeername",
                         "getpgrp",
                         "getpid",
                         "getppid",
                         "getrandom",
                         "getresgid",
                         "getresuid",
                         "getrlimit",
                         "getrusage",
                         "getsockname",
                         "getsockopt",
                         "gettid",
                         "gettimeofday",
                         "getuid",
                         "listen",
                         "lseek",
                         "madvise",
                         "membarrier",
                         "mincore",
                         "mlock",
                         "mlock2",
                         "mremap",
                         "munlock",
                         "munmap",
                         "nanosleep",
                         "newfstatat",
                         "pause",
                         "pipe",
                         "pipe2",
                         "poll",
                         "ppoll",
                         "prctl",
                         "pread64",
                         "preadv",
                         "preadv2",
                         "prlimit64",
                         "pselect6",
                         "pwrite64",
                         "pwritev",
                         "pwritev2",
                         "read",
                         "readv",
                         "recvfrom",
                         "recvmmsg",
                         "recvmsg",
                         "restart_syscall",
                         "rseq",
                         "rt_sigaction",
                         "rt_sigpending",
                         "rt_sigprocmask",
                         "rt_sigreturn",
                         "rt_sigsuspend",
                         "rt_sigtimedwait",
                         "sched_getaffinity",
                         "sched_yield",
                         "select",
                         "sendmmsg",
                         "sendmsg",
                         "sendto",
                         "set_robust_list",
                         "set_tid_address",
                         "setsockopt",
                         "shutdown",
                         "sigaltstack",
                         "signalfd4",
                         "sysinfo",
                         "tgkill",
                         "time",
                         "timerfd_create",
                         "timerfd_gettime",
                         "timerfd_settime",
                         "times",
                         "umask",
                         "uname",
                         "write",
                         "writev"};

constexpr Names kReadFiles = {
    "access",    "faccessat",  "faccessat2",        "fadvise64",     "fstatfs",          "getcwd",
    "getdents",  "getdents64", "inotify_add_watch", "inotify_init1", "inotify_rm_watch", "lstat",
    "readahead", "readlink",   "readlinkat",        "stat",          "statfs",           "statx"};

constexpr Names kWriteFiles = {"chmod",           "copy_file_range", "creat",     "fallocate", "fchmod",
                               "fchmodat",        "fchmodat2",       "fchown",    "fdatasync", "flock",
                               "fsync",           "ftruncate",       "futimesat", "link",      "linkat",
                               "mkdir",           "mkdirat",         "open",      "openat",    "openat2",
                               "rename",          "renameat",        "renameat2", "rmdir",     "sendfile",
                               "sync_file_range", "truncate",        "unlink",    "unlinkat",  "utimensat"};

// A server of a unix socket removes the one of its last life and sets the mode of the new one.
constexpr Names kUnix = {"chmod", "fchmod", "fchmodat", "fchmodat2", "unlink", "unlinkat"};

// Programs that are started may set up themselves. Without the capability to, changing the account changes nothing.
constexpr Names kRun = {"alarm",
                        "arch_prctl",
                        "chdir",
                        "execve",
                        "fork",
                        "getitimer",
                        "getpgid",
                        "getsid",
                        "kill",
                        "pidfd_open",
                        "pidfd_send_signal",
                        "setfsgid",
                        "setfsuid",
                        "setgid",
                        "setgroups",
                        "setitimer",
                        "setpgid",
                        "setregid",
                        "setresgid",
                        "setresuid",
                        "setreuid",
                        "setrlimit",
                        "setsid",
                        "setuid",
                        "vfork",
                        "wait4",
                        "waitid"};

// What root tools of a gateway never need, and what has been the way out of many a sandbox.
constexpr Names kDangerous = {"_sysctl",
                              "acct",
                              "add_key",
                              "adjtimex",
                              "bpf",
                              "chroot",
                              "clock_adjtime",
                              "clock_settime",
                              "create_module",
                              "delete_module",
                              "fanotify_init",
                              "finit_module",
                              "fsconfig",
                              "fsmount",
                              "fsopen",
                              "fspick",
                              "init_module",
                              "io_uring_enter",
                              "io_uring_register",
                              "io_uring_setup",
                              "ioperm",
                              "iopl",
                              "kcmp",
                              "kexec_file_load",
                              "kexec_load",
                              "keyctl",
                              "lookup_dcookie",
                              "mbind",
                              "migrate_pages",
                              "mount",
                              "mount_setattr",
                              "move_mount",
                              "move_pages",
                              "name_to_handle_at",
                              "nfsservctl",
                              "open_by_handle_at",
                              "open_tree",
                              "perf_event_open",
                              "personality",
                              "pivot_root",
                              "process_vm_readv",
                              "process_vm_writev",
                              "ptrace",
                              "quotactl",
                              "quotactl_fd",
                              "reboot",
                              "request_key",
                              "setns",
                              "settimeofday",
                              "stime",
                              "swapoff",
                              "swapon",
                              "syslog",
                              "umount",
                              "umount2",
                              "unshare",
                              "uselib",
                              "userfaultfd",
                              "vhangup"};

// Requests of ioctl that work on what is open: everything else reaches devices.
constexpr std::initializer_list<unsigned long> kRequests = {FIONBIO, FIONREAD,   FIOCLEX,      FIONCLEX,
                                                            TCGETS,  TIOCGWINSZ, SIOCGIFINDEX, SIOCGIFNAME};

constexpr std::uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kWritesByOpen[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};

/// A rule set under construction. The first error sticks; later calls do nothing.
class Rules {
 public:
  explicit Rules(std::uint32_t otherwise) : context_(::seccomp_init(otherwise), ::seccomp_release) {
    if (!context_) error_ = -ENOMEM;
  }

  void add(std::uint32_t action, Names names) {
    for (const char* name : names) add(action, name);
  }
  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    if (error_ != 0) return;
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;
    error_ = ::seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(conditions.size()),
                                      conditions.begin());
    if (error_ != 0) at_ = name;
  }

  Result<void> load() {
    if (error_ == 0) error_ = ::seccomp_load(context_.get());
    if (error_ == 0) return {};
    return fail_errno(std::format("filter system calls ({})", at_.empty() ? "load" : at_), -error_);
  }

 private:
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
  std::string at_;
};

constexpr scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
constexpr scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/// socket(): the families that the groups name; the others fail as on a kernel without them, which libraries expect.
void allow_families(Rules& rules, Calls calls) {
  const auto family = [&](int which, bool allowed) {
    const auto action = allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EAFNOSUPPORT);
    for (const char* name : {"socket", "socketpair"}) {
      rules.add(action, name, {equals(0, static_cast<std::uint64_t>(which))});
    }
  };
  for (int which = 0; which < AF_MAX; ++which) {
    const bool inet = which == AF_INET || which == AF_INET6;
    family(which, (which == AF_UNIX && has(calls, Calls::kUnix)) || (inet && has(calls, Calls::kInet)) ||
                      (which == AF_NETLINK && has(calls, Calls::kNetlink)));
  }
}

/// open(): all of it for who writes; for who reads, an attempt to write fails as on a read-only disk.
void allow_reading(Rules& rules) {
  constexpr std::uint64_t kChanges = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  for (const auto& [name, flags] : {std::pair{"open", 1U}, std::pair{"openat", 2U}}) {
    rules.add(SCMP_ACT_ALLOW, name, {masked(flags, kChanges, 0)});
    for (const std::uint64_t change : kWritesByOpen) {
      rules.add(SCMP_ACT_ERRNO(EROFS), name, {masked(flags, change, change)});
    }
  }
  // Its flags lie in memory, where no filter sees them; the C library falls back to openat.
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "openat2");
}

void allow_threads_and_processes(Rules& rules, Calls calls) {
  if (has(calls, Calls::kRun)) {
    rules.add(SCMP_ACT_ALLOW, kRun);
    rules.add(SCMP_ACT_ALLOW, "clone", {masked(0, kNewNamespaces, 0)});
  } else {
    rules.add(SCMP_ACT_ALLOW, "clone", {masked(0, CLONE_THREAD | kNewNamespaces, CLONE_THREAD)});
  }
  // Its flags lie in memory as well; the C library falls back to clone.
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

/// Memory is writable or executable; who loads no code makes nothing executable any more.
void allow_memory(Rules& rules, Calls calls) {
  for (const char* name : {"mmap", "mprotect", "pkey_mprotect"}) {
    if (has(calls, Calls::kLoadCode) || has(calls, Calls::kRun)) {
      rules.add(SCMP_ACT_ALLOW, name);
    } else {
      rules.add(SCMP_ACT_ALLOW, name, {masked(2, PROT_EXEC, 0)});
      rules.add(SCMP_ACT_ERRNO(EACCES), name, {masked(2, PROT_EXEC, PROT_EXEC)});
    }
  }
}

Result<void> allow_listed(const Confinement& wanted) {
  Rules rules(wanted.filter == Filter::kKill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
  rules.add(SCMP_ACT_ALLOW, kBase);
  for (const unsigned long request : kRequests) rules.add(SCMP_ACT_ALLOW, "ioctl", {equals(1, request)});
  if (has(wanted.calls, Calls::kReadFiles)) rules.add(SCMP_ACT_ALLOW, kReadFiles);
  if (has(wanted.calls, Calls::kWriteFiles)) {
    rules.add(SCMP_ACT_ALLOW, kWriteFiles);
  } else if (has(wanted.calls, Calls::kReadFiles)) {
    allow_reading(rules);
  }
  if (has(wanted.calls, Calls::kUnix)) rules.add(SCMP_ACT_ALLOW, kUnix);
  allow_families(rules, wanted.calls);
  allow_threads_and_processes(rules, wanted.calls);
  allow_memory(rules, wanted.calls);
  return rules.load();
}

Result<void> deny_dangerous() {
  Rules rules(SCMP_ACT_ALLOW);
  rules.add(SCMP_ACT_ERRNO(EPERM), kDangerous);
  for (std::uint64_t flag = 1; flag <= kNewNamespaces; flag <<= 1U) {
    if ((flag & kNewNamespaces) != 0) rules.add(SCMP_ACT_ERRNO(EPERM), "clone", {masked(0, flag, flag)});
  }
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  return rules.load();
}

}  // namespace

namespace detail {

Result<void> filter_calls(const Confinement& wanted) {
  return wanted.filter == Filter::kDenyDangerous ? deny_dangerous() : allow_listed(wanted);
}

}  // namespace detail

}  // namespace postern
