#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// ASCII only, whatever the locale: protocols do not follow it.
constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }

std::string to_lower(std::string_view text);
/// Equal but for ASCII case.
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Whether `text` begins with `prefix`, ASCII case ignored.
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
/// Without leading and trailing spaces, tabs, CR and LF.
std::string_view trim(std::string_view text);
/// The parts between separators; an empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The whole text as a decimal number: no sign for unsigned types, no blanks, no overflow.
template <std::integral T>
std::optional<T> parse_decimal(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 10);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// For logs and messages to people: controls, DEL and bytes that are not valid UTF-8 become \xNN, a backslash \\;
/// longer texts are cut at `limit` bytes and end in "...". One line comes out, whatever goes in.
std::string printable(std::string_view text, std::size_t limit = 512);

/// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace postern
