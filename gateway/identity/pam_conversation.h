#pragma once

#include <chrono>

#include "identity/pam_messages.h"

/// The only file that speaks to libpam.
namespace postern::identity {

/// Authenticates, then asks the account phase; anything but success of both is a refusal. Blocks for as long as the
/// stack likes, even for ever: run it in a process that can be killed. A refusal that took less than `floor` of a
/// processor can't have hashed anything (pam_unix knows unknown and locked accounts at once) and spends a hash on top,
/// so that refusals look alike. A request without a user only spends that.
PamAnswer run_pam(const PamRequest& request, std::chrono::microseconds floor);

}  // namespace postern::identity
