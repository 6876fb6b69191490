#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

/// What postern-auth says to one of its PAM workers, and the one answer. Both ends come from one build and one process
/// image, but a worker runs third-party modules, so its answer is decoded as input.
namespace postern::identity {

struct PamRequest {
  /// Name of a file in /etc/pam.d.
  std::string service;
  /// Matches names.h; empty: only spend what a check costs.
  std::string user;
  Secret password;
  /// PAM_RHOST: the client's address.
  std::string host;
  /// PAM_TTY: what kind of login it is. Not a terminal, but modules expect some name.
  std::string terminal;
};

enum class PamOutcome : std::uint8_t {
  kGranted,
  kBadPassword,
  kUnknown,
  kLocked,
  kExpired,
  kUnavailable,  ///< the stack is broken, or a server behind it is down
};

struct PamAnswer {
  PamOutcome outcome = PamOutcome::kUnavailable;
  /// PAM_USER after the conversation: who it really is, by PAM's word.
  std::string user;
  /// PAM's own number, for the log.
  std::uint32_t code = 0;
};

/// The larger of the two messages; what is longer is malformed.
inline constexpr std::size_t kMaxPamMessage = 4096;

/// Holds the password: wipe it.
std::string encode(const PamRequest& request);
std::string encode(const PamAnswer& answer);
Result<PamRequest> decode_request(std::string_view bytes);
Result<PamAnswer> decode_answer(std::string_view bytes);

}  // namespace postern::identity
