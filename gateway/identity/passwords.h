#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "identity/shadow_files.h"
#include "identity/yescrypt.h"

namespace postern::identity {

/// The passwords: people as NSS entries without a shell, in a database of their own (libnss-extrausers), so that
/// pam_unix checks hash, lock and expiry without knowing of Postern. postern-system is the writer.
///
/// Each change reads the files, changes them and replaces them atomically, under a lock file, so that two writers can't
/// undo each other's work. A power cut between two of the files leaves a person without a password at worst, never
/// with another's. Calls block (hashing: see yescrypt.h); any thread.
///
/// Names and full names must match names.h, else kInvalid. kNotFound and kExists name the person.
class PasswordStore {
 public:
  struct Options {
    /// libnss-extrausers reads nothing but /var/lib/extrausers.
    std::string folder = "/var/lib/extrausers";
    /// No person may have the name of an account of the system itself.
    std::string system_passwd = "/etc/passwd";
    /// libnss-extrausers ignores numbers below 500.
    uid_t first_uid = 20000;
    uid_t last_uid = 59999;
    /// Group of all people; stands in the store's group file.
    std::string people_group = "postern-people";
    gid_t people_gid = 20000;
    /// Who may read the hashes: the group that postern-auth runs with.
    gid_t readers = static_cast<gid_t>(-1);
    /// Of new hashes.
    unsigned long hash_cost = kHashCost;
  };

  explicit PasswordStore(Options options, const Clock& clock = Clock::system())
      : options_(std::move(options)), clock_(clock) {}

  /// A new entry. An empty password makes one that is locked until set_password().
  Result<void> create(std::string_view name, std::string_view full_name, const Secret& password);
  /// A new password. An entry that lock() closed stays closed.
  Result<void> set_password(std::string_view name, const Secret& password);
  /// Makes the password useless without forgetting it, and closes the account, so that PAM's account phase refuses it
  /// even where another module checks the password. Fine when it is so already.
  Result<void> lock(std::string_view name);
  /// The reverse; `expires` as in set_expiry(). An entry that never had a password still has none.
  Result<void> unlock(std::string_view name, std::optional<WallTime> expires);
  /// The account closes at this time: with the day that it lies in, since shadow(5) counts days (people.json keeps the
  /// exact moment). nullopt: never. A locked account stays closed.
  Result<void> set_expiry(std::string_view name, std::optional<WallTime> at);
  Result<void> set_full_name(std::string_view name, std::string_view full_name);
  /// Password and number stay.
  Result<void> rename(std::string_view from, std::string_view to);
  Result<void> remove(std::string_view name);

  /// All entries, hashes included: for postern-system's own use.
  Result<std::vector<PasswordEntry>> entries() const;
  /// Makes the folder's files where they are missing, with the right owner and modes.
  Result<void> prepare();

 private:
  template <class Change>
  Result<void> change(Change change);
  template <class Change>
  Result<void> change_one(std::string_view name, Change change);
  Result<void> write(const std::vector<PasswordEntry>& entries);
  Result<void> check_new_name(const std::vector<PasswordEntry>& entries, std::string_view name) const;
  Result<uid_t> free_uid(const std::vector<PasswordEntry>& entries) const;
  std::int64_t today() const;
  std::string path(std::string_view file) const { return options_.folder + "/" + std::string(file); }

  Options options_;
  const Clock& clock_;
};

}  // namespace postern::identity
