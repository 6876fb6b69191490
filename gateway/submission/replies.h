#pragma once

#include "smtp/reply.h"

/// What submission itself answers; the protocol machine's own replies are in smtp/. One text for each reason, whoever
/// asks: what only the ledger may know is not here.
namespace postern::submission::replies {

using smtp::ReplyView;

inline constexpr ReplyView kLoginFailed{535, {5, 7, 8}, "Authentication credentials invalid"};
inline constexpr ReplyView kLoginUnavailable{454, {4, 7, 0}, "Temporary authentication failure"};
inline constexpr ReplyView kNullSender{550, {5, 7, 1}, "Messages without a sender are not accepted here"};
inline constexpr ReplyView kForeignSender{550, {5, 7, 1}, "You may not send as this address"};
inline constexpr ReplyView kStorage{451, {4, 3, 0}, "Message could not be stored; try again later"};
inline constexpr ReplyView kFull{452, {4, 3, 1}, "Mail system full; try again later"};
inline constexpr ReplyView kTooBig{552, {5, 3, 4}, "Message exceeds the maximum size"};
inline constexpr ReplyView kCommandTimeout{421, {4, 4, 2}, "Timeout; closing"};
inline constexpr ReplyView kTooSlow{421, {4, 4, 2}, "Message arrives too slowly; closing"};
inline constexpr ReplyView kRevoked{421, {4, 7, 0}, "Session ended by the administrator; closing"};
inline constexpr ReplyView kStopping{421, {4, 3, 2}, "Shutting down; try again later"};
inline constexpr ReplyView kTooManyConnections{421, {4, 3, 2}, "Too many connections; try again later"};

}  // namespace postern::submission::replies
