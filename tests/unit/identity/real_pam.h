#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace postern::identity {

/// A system of the test's own with real PAM: /etc/pam.d, /etc/nsswitch.conf and /var/lib/extrausers are mounted over
/// in a mount namespace of this process, which ends with it. Needs root, as scripts/in-root gives it.
class RealPam {
 public:
  /// Whom postern-auth is here: an account number that owns nothing, whose group may read the hashes.
  static constexpr uid_t kUser = 64'999;
  static constexpr gid_t kGroup = 64'999;

  /// Installs image/pam/postern, and ada ("right"), lou (locked), max (expired), new (must change the password).
  RealPam();
  /// Another service file.
  void service(std::string_view name, std::string_view text);
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_ = "/var/lib/extrausers";
};

}  // namespace postern::identity
