#include "base/error.h"

#include <cerrno>
#include <format>
#include <system_error>

namespace postern {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kNotFound: return "not-found";
    case ErrorCode::kExists: return "exists";
    case ErrorCode::kPermission: return "permission";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kNoSpace: return "no-space";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kClosed: return "closed";
    case ErrorCode::kProtocol: return "protocol";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

Error Error::within(std::string_view prefix) const { return {code, std::format("{}: {}", prefix, context)}; }

std::unexpected<Error> fail_errno(std::string_view what, int error_number) {
  ErrorCode code = ErrorCode::kIo;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: code = ErrorCode::kNoSpace; break;
    case EACCES:
    case EPERM: code = ErrorCode::kPermission; break;
    case ENOENT: code = ErrorCode::kNotFound; break;
    case EEXIST: code = ErrorCode::kExists; break;
    default: break;
  }
  return fail(code, std::format("{}: {}", what, std::generic_category().message(error_number)));
}

}  // namespace postern
