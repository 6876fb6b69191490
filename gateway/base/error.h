#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace postern {

/// What kind of thing went wrong; what a caller may branch on.
enum class ErrorCode {
  kInvalid,      ///< input that breaks a rule: syntax, range, contradiction
  kNotFound,     ///< the thing named does not exist
  kExists,       ///< the thing named exists already
  kPermission,   ///< the caller may not do this
  kLimit,        ///< an explicit limit was reached
  kNoSpace,      ///< the disk is full, or nearly so
  kIo,           ///< a system call failed
  kTimeout,      ///< a deadline passed
  kClosed,       ///< the other side went away
  kProtocol,     ///< the other side broke the protocol
  kUnavailable,  ///< a part that is needed is not there now; trying later may help
  kCorrupt,      ///< stored data is damaged
  kInternal,     ///< a fault of our own
};

/// The code's name as it appears in logs: "invalid", "not-found" ...
std::string_view to_string(ErrorCode code);

/// An error with context for a person: what was tried, on what, and why it failed.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string context;

  /// Puts "prefix: " before the context, for callers that know more.
  Error within(std::string_view prefix) const;
};

/// Either a value or an Error: for everything that can go wrong outside our own code.
template <class T>
using Result = std::expected<T, Error>;

/// Makes the failed half of a Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string context) {
  return std::unexpected(Error{code, std::move(context)});
}

/// Passes on another Result's error.
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

/// Makes an error of a failed system call: "what: strerror". ENOSPC and EDQUOT become kNoSpace, EACCES and EPERM
/// kPermission, ENOENT kNotFound, EEXIST kExists, all others kIo.
std::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace postern
