#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// The three files of libnss-extrausers, as values. Formats: passwd(5), shadow(5), group(5).
namespace postern::identity {

/// One person: a line in each file.
struct PasswordEntry {
  std::string name;
  std::string full_name;
  uid_t uid = 0;
  /// "$y$..."; "!" before it: locked; "!" alone: there never was one.
  std::string hash;
  /// Day of the last change, in days since 1970; 0 makes PAM demand a new password.
  std::int64_t changed = 0;
  /// First day on which the account is closed, in days since 1970.
  std::optional<std::int64_t> expires;

  bool locked() const { return hash.starts_with('!'); }
  bool operator==(const PasswordEntry&) const = default;
};

/// Text of the three files. Nobody gets a shell or a home.
std::string print_passwd(const std::vector<PasswordEntry>& entries, gid_t group);
std::string print_shadow(const std::vector<PasswordEntry>& entries);
std::string print_group(std::string_view group_name, gid_t group);

/// Reads passwd and shadow back. kCorrupt, naming file and line, for a line that is none of the store's, or a name
/// that stands twice: the store owns its files. A person in only one of the two (a power cut came between the two
/// writes) is left out, which locks the person out, never in.
Result<std::vector<PasswordEntry>> parse_entries(std::string_view passwd, std::string_view shadow);

}  // namespace postern::identity
