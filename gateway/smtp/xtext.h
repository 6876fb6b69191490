#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The encodings of RFC 3461's parameters. What comes out of the decoders is printable text without any control, so
/// nothing that a client puts into ENVID or ORCPT can break a line wherever it is stored or shown.
namespace postern::smtp {

/// RFC 3461 section 4 xtext; nullopt if malformed or if it decodes to anything but printable ASCII.
std::optional<std::string> xtext_decode(std::string_view text);
/// The reverse: "+" and two capital hexadecimal digits for "+", "=", blanks and all that isn't printable ASCII.
void append_xtext(std::string& out, std::string_view text);

/// RFC 6533 section 3 utf-8-addr-xtext or utf-8-addr-unitext, the address of ORCPT type "utf-8": UTF-8 as it is,
/// \x{HEX} for a character; nullopt if malformed or not printable.
std::optional<std::string> utf8_address_decode(std::string_view text);
/// The reverse: utf-8-addr-unitext where the next hop speaks SMTPUTF8, else utf-8-addr-xtext (pure ASCII).
void append_utf8_address(std::string& out, std::string_view address, bool unitext);

}  // namespace postern::smtp
