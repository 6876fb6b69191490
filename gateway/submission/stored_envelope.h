#pragma once

#include "base/clock.h"
#include "smtp/envelope.h"
#include "spool/envelope.h"
#include "submission/facts.h"

namespace postern::submission {

/// The envelope as the vault keeps it, from the one that SMTP built. ORCPT and ENVID are stored as on the wire (RFC
/// 3461 xtext, RFC 6533 unitext). `eight_bit`: the content has bytes above 127, whatever BODY said.
spool::Envelope stored_envelope(const smtp::Envelope& envelope, const SessionFacts& facts, bool eight_bit,
                                WallTime received);

}  // namespace postern::submission
