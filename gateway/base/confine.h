#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postern {

/// Groups of system calls, combined with |. What works on memory, threads, time and descriptors that the process
/// already holds is always allowed, and so is accepting on a listening socket that it was handed.
enum class Calls : std::uint32_t {
  kBase = 0,
  kReadFiles = 1U << 0U,   ///< open for reading, list, watch
  kWriteFiles = 1U << 1U,  ///< create, write, rename, remove, sync
  kUnix = 1U << 2U,        ///< make unix sockets: connect to others, serve its own
  kInet = 1U << 3U,        ///< make IPv4 and IPv6 sockets
  kNetlink = 1U << 4U,     ///< make netlink sockets
  kLoadCode = 1U << 5U,    ///< map memory executable: shared objects that are loaded on demand (PAM, NSS)
  kRun = 1U << 6U,         ///< start other programs, wait for them and signal them
};
constexpr Calls operator|(Calls a, Calls b) {
  return static_cast<Calls>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(Calls set, Calls one) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(one)) != 0;
}

/// How the filter of system calls works.
enum class Filter : std::uint8_t {
  kKill,           ///< a call outside the groups ends the process: for code that is all our own
  kRefuse,         ///< a call outside the groups fails with EPERM: where third-party modules run inside
  kDenyDangerous,  ///< only calls that no program of a gateway needs fail with EPERM: where tools are run
};

/// What Landlock lets the process reach. A folder stands for all below it. Paths that don't exist when confine() is
/// called are left out, so make folders first. Connecting to a unix socket is not restricted by this.
struct Paths {
  std::vector<std::string> read;     ///< read and list
  std::vector<std::string> run;      ///< read, list and execute
  std::vector<std::string> write;    ///< all of read, and create, write, rename, remove
  std::vector<std::string> sockets;  ///< list; make and remove unix sockets
};

/// Everything that a process gives up, as data. See base/profiles.h for the daemons'.
struct Confinement {
  /// Account to become, with its groups; empty: stays who it is. When the process is not root it must already be this
  /// account (systemd's User= did it).
  std::string user;
  /// The CAP_... of <linux/capability.h> to keep; all others leave the effective, permitted, inheritable, ambient and
  /// bounding sets.
  std::vector<unsigned> capabilities;
  Calls calls = Calls::kBase;
  Filter filter = Filter::kKill;
  Paths paths;
  /// TCP ports may be bound, and TCP connections made, as far as Landlock knows ports (Linux 6.7). What was handed over
  /// (listening sockets, accepted connections) stays usable in any case.
  bool tcp_bind = false;
  bool tcp_connect = false;
  /// Wanted limit of open descriptors; the hard limit bounds it. 0: as it is.
  std::uint64_t open_files = 0;
};

/// Gives all of that up, for good: limits (no core dumps), account, capabilities, no new privileges by exec, Landlock,
/// the filter of system calls, no ptrace by the same account.
///
/// Call it once, when what needs more is open, and before the first thread is started (kInternal otherwise). On an
/// error the process may be half confined: end it. A kernel without Landlock is noticed in the log and not an error;
/// everything else must succeed.
Result<void> confine(const Confinement& wanted);

/// The version of Landlock that the kernel speaks; 0: none.
int landlock_version();

namespace detail {
/// The steps of confine() that have a file of their own.
Result<void> restrict_paths(const Confinement& wanted);
Result<void> filter_calls(const Confinement& wanted);
}  // namespace detail

}  // namespace postern
