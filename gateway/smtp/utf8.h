#pragma once

#include <string_view>

namespace postern::smtp {

/// Well-formed UTF-8 without anything that ends or hides a line: no C0 or C1 control, no DEL, no U+2028 or U+2029.
bool is_printable_utf8(std::string_view text);

/// Whether the byte is part of a UTF-8 sequence rather than ASCII.
constexpr bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_ascii(std::string_view text);

}  // namespace postern::smtp
