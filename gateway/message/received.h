#pragma once

#include <string>

#include "message/complete.h"

namespace postern::message {

/// Appends the Received field (RFC 5321 section 4.4), folded so that no line is longer than 78 bytes where its words
/// allow that, with its last CRLF.
void append_received(std::string& out, const Trace& trace);

}  // namespace postern::message
