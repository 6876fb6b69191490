#include "system/folders.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "ipc/peer.h"

namespace postern::system {

namespace {

struct Folder {
  std::string path;
  uid_t owner;
  gid_t group;
  mode_t mode;
};

Result<void> make(const Folder& folder) {
  // Parents that are missing belong to root and are open, as those of Debian are.
  for (std::size_t at = folder.path.find('/', 1); at != std::string::npos; at = folder.path.find('/', at + 1)) {
    const std::string parent = folder.path.substr(0, at);
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir " + parent, errno);
  }
  if (::mkdir(folder.path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("mkdir " + folder.path, errno);
  struct stat info{};
  // lstat: a link that somebody put in our place must not lead us elsewhere.
  if (::lstat(folder.path.c_str(), &info) != 0) return fail_errno("stat " + folder.path, errno);
  if (!S_ISDIR(info.st_mode)) return fail(ErrorCode::kInvalid, folder.path + " is not a folder");
  if (info.st_uid == folder.owner && info.st_gid == folder.group && (info.st_mode & 07777) == folder.mode) return {};
  if (::lchown(folder.path.c_str(), folder.owner, folder.group) != 0) return fail_errno("chown " + folder.path, errno);
  if (::chmod(folder.path.c_str(), folder.mode) != 0) return fail_errno("chmod " + folder.path, errno);
  return {};
}

struct Account {
  uid_t uid;
  gid_t gid;
};

Result<Account> account_of(const std::string& user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return fail(ErrorCode::kNotFound, "this system has no user " + user);
  }
  return Account{found->pw_uid, found->pw_gid};
}

}  // namespace

Result<Accounts> Accounts::find() {
  const auto submit = account_of("postern-submit");
  const auto auth = account_of("postern-auth");
  const auto postern = ipc::gid_of("postern");
  if (!submit) return fail(submit.error());
  if (!auth) return fail(auth.error());
  if (!postern) return fail(postern.error());
  return Accounts{submit->uid, submit->gid, auth->gid, *postern, ipc::gid_of("postern-admin").value_or(0)};
}

Result<void> prepare_folders(const config::Config& config, const Accounts& accounts) {
  const std::string& run = config.gateway.run;
  const std::string& data = config.gateway.data;
  std::vector<Folder> folders = {{run, 0, accounts.postern, 0755},
                                 {run + "/system", 0, accounts.postern, 0755},
                                 {data, 0, 0, 0711},
                                 {data + "/people", 0, accounts.auth, 0750},
                                 {data + "/tls", 0, 0, 0755},
                                 {data + "/vpn", 0, 0, 0700},
                                 {"/run/wireguard", 0, 0, 0700}};
  for (const char* daemon : {"submit", "auth", "vault", "deliver"}) {
    const auto user = account_of(std::string("postern-") + daemon);
    if (!user) return fail(user.error());
    folders.push_back({run + "/" + daemon, user->uid, accounts.postern, 0750});
    if (std::string_view(daemon) == "deliver") folders.push_back({data + "/secrets", 0, user->gid, 0750});
    if (std::string_view(daemon) != "vault") continue;
    folders.push_back({config.spool.folder, user->uid, user->gid, 0700});
    folders.push_back({config.ledger.folder, user->uid, user->gid, 0700});
  }
  for (const auto& folder : folders) {
    if (auto made = make(folder); !made) return made;
  }
  return {};
}

}  // namespace postern::system
