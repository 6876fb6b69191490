#pragma once

#include <optional>
#include <string_view>

#include "smtp/command.h"

/// ESMTP parameters of MAIL and RCPT (RFC 5321 section 4.1.2 esmtp-param). `text` is empty or begins with a blank.
/// Each gives the refusal, or nothing when all was understood.
namespace postern::smtp {

/// SIZE (RFC 1870), BODY (6152), SMTPUTF8 (6531), RET and ENVID (3461), AUTH (4954). AUTH is checked and then
/// dropped: who submits is known from the login, and a client is not trusted to vouch for another.
std::optional<Refusal> parse_mail_parameters(std::string_view text, bool extended, Sender& sender);

/// NOTIFY and ORCPT (RFC 3461, RFC 6533).
std::optional<Refusal> parse_rcpt_parameters(std::string_view text, bool extended, Charset charset,
                                             Recipient& recipient);

}  // namespace postern::smtp
