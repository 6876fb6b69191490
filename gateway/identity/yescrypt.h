#pragma once

#include <string>

#include "base/error.h"
#include "base/secret.h"

namespace postern::identity {

/// The cost that Debian's own tools use: about 16 MiB and 130 ms on a small box. Higher numbers double both.
inline constexpr unsigned long kHashCost = 5;
inline constexpr unsigned long kMinHashCost = 1;
inline constexpr unsigned long kMaxHashCost = 11;

/// A fresh yescrypt hash ("$y$...") of the password, salted. Blocks for as long as the cost says. kInvalid for a
/// password that PAM could not be asked about (names.h: is_password) or a cost out of range.
Result<std::string> hash_password(const Secret& password, unsigned long cost = kHashCost);

/// Spends what checking a password costs, for logins that must not be told apart by their time. Blocks.
void burn_hash();

}  // namespace postern::identity
