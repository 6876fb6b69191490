#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);
/// The reverse; strict: padding is required, no blanks, no stray bits. nullopt for anything else.
std::optional<std::string> base64_decode(std::string_view text);

/// Lower-case hexadecimal.
std::string hex_encode(std::string_view bytes);
/// The reverse, either case; nullopt for an odd length or another character.
std::optional<std::string> hex_decode(std::string_view text);

/// A 64-bit number as 13 characters of Crockford's base32 (no I, L, O, U): what ids look like. Order is kept.
std::string base32_id(std::uint64_t value);
/// The reverse, either case; nullopt unless exactly one such id.
std::optional<std::uint64_t> parse_base32_id(std::string_view text);

}  // namespace postern
