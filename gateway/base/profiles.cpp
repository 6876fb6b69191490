#include "base/profiles.h"

#include <linux/capability.h>

namespace postern::profiles {

namespace {

constexpr std::uint64_t kManyFiles = 65536;

/// Landlock's rules are about files, not names: who may read a file that is replaced must be given its folder.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// What every C library and OpenSSL may read on the way: accounts, time zones, certificates, configuration of its own.
/// The files of /etc that hold secrets are closed to these accounts by their modes.
std::vector<std::string> common(const Places& places) {
  return {"/etc",
          "/usr/lib",
          "/usr/lib64",
          "/lib",
          "/lib64",
          "/usr/share",
          "/dev/null",
          "/dev/urandom",
          "/proc/self",
          folder_of(places.config),
          places.data + "/tls"};
}

std::vector<std::string> with(std::vector<std::string> paths, std::initializer_list<std::string> more) {
  paths.insert(paths.end(), more);
  return paths;
}

}  // namespace

Confinement submit(const Places& places) {
  return {.user = "postern-submit",
          .capabilities = {},
          .calls = Calls::kReadFiles | Calls::kUnix,
          .filter = Filter::kKill,
          .paths = {.read = common(places), .run = {}, .write = {}, .sockets = {places.run + "/submit"}},
          .open_files = kManyFiles};
}

Confinement auth(const Places& places) {
  return {.user = "postern-auth",
          .capabilities = {},
          .calls = Calls::kReadFiles | Calls::kUnix | Calls::kLoadCode | Calls::kRun,
          .filter = Filter::kRefuse,
          .paths = {.read = with(common(places), {places.data + "/people", "/var/lib/extrausers"}),
                    .run = {"/usr/sbin", "/usr/bin", "/sbin", "/usr/lib", "/usr/lib64", "/lib", "/lib64"},
                    .write = {"/dev/null"},
                    .sockets = {places.run + "/auth"}}};
}

Confinement vault(const Places& places) {
  return {.user = "postern-vault",
          .capabilities = {},
          .calls = Calls::kReadFiles | Calls::kWriteFiles | Calls::kUnix,
          .filter = Filter::kKill,
          .paths = {.read = common(places),
                    .run = {},
                    .write = {places.data + "/spool", places.data + "/ledger"},
                    .sockets = {places.run + "/vault"}},
          .open_files = kManyFiles};
}

Confinement deliver(const Places& places) {
  return {.user = "postern-deliver",
          .capabilities = {},
          .calls = Calls::kReadFiles | Calls::kUnix | Calls::kInet | Calls::kNetlink | Calls::kLoadCode,
          .filter = Filter::kRefuse,
          .paths = {.read = with(common(places), {places.data + "/secrets", "/run/systemd/resolve"}),
                    .run = {"/usr/lib", "/usr/lib64", "/lib", "/lib64"},
                    .write = {"/dev/null"},
                    .sockets = {places.run + "/deliver"}},
          .tcp_connect = true,
          .open_files = kManyFiles};
}

Confinement system(const Places& places) {
  return {.user = "",
          .capabilities = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_CHOWN},
          .calls = Calls::kBase,
          .filter = Filter::kDenyDangerous,
          .paths = {.read = {},
                    .run = {"/"},
                    .write = {places.data, places.run, "/var/lib/extrausers", "/run/wireguard", "/var/run/wireguard",
                              "/proc/sys/net", "/dev/net", "/dev/null"},
                    .sockets = {}},
          .tcp_bind = true,
          .tcp_connect = true};
}

}  // namespace postern::profiles
