#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace postern::ledger {

/// An event's longest text, in bytes.
inline constexpr std::size_t kMaxEvent = 64 << 10;
/// Members an event has at most.
inline constexpr std::size_t kMaxMembers = 64;

/// Whether a text may become a ledger entry; kInvalid says why not. It must be one well-formed JSON object (RFC 8259)
/// of at most kMaxEvent bytes, without blanks between its tokens, in valid UTF-8, no deeper than four levels. Its
/// first member is "event" with a text. Names of its members are made of a-z, 0-9, '-' and '_', appear once, and are
/// none of the ledger's own: seq, time, prev, hash. Producers are other processes, so this is a gate against them:
/// nothing that passes can break a line in two or pass for the ledger's own members.
Result<void> check_event(std::string_view json);

}  // namespace postern::ledger
