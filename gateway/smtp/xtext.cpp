#include "smtp/xtext.h"

#include <charconv>
#include <cstdint>

#include "base/text.h"
#include "smtp/utf8.h"

namespace postern::smtp {

namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kOpen = "\\x{";

/// RFC 3461 xchar: printable without blank, "+" and "=".
bool is_xchar(char c) { return c > ' ' && c <= '~' && c != '+' && c != '='; }

/// RFC 6533 QUCHAR: what stands for itself; the backslash starts an escape.
bool is_quchar(char c) { return is_xchar(c) && c != '\\'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

/// Takes \x{HEX} off the front; nullopt if it is malformed. What it names is checked by the caller.
std::optional<std::uint32_t> take_escape(std::string_view& rest) {
  const std::size_t end = rest.find('}');
  if (!rest.starts_with(kOpen) || end == std::string_view::npos) return std::nullopt;
  const std::string_view digits = rest.substr(kOpen.size(), end - kOpen.size());
  if (digits.size() < 2 || digits.size() > 6 || digits.find_first_not_of(kHex) != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint32_t point = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
  if (point > 0x10FFFF) return std::nullopt;
  rest.remove_prefix(end + 1);
  return point;
}

/// The character at the front of valid UTF-8, taken off.
std::uint32_t take_point(std::string_view& rest) {
  const auto lead = static_cast<unsigned char>(rest.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(rest[i]) & 0x3FU);
  rest.remove_prefix(length);
  return point;
}

}  // namespace

std::optional<std::string> xtext_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_xchar(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '+' || text.size() - i < 3) return std::nullopt;
    const std::size_t high = kHex.find(text[i + 1]);
    const std::size_t low = kHex.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const std::size_t value = high << 4U | low;
    if (value < 0x20 || value > 0x7E) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

void append_xtext(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_xchar(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '+';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
}

std::optional<std::string> utf8_address_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    if (is_quchar(c) || is_high(c)) {
      out += c;
      text.remove_prefix(1);
      continue;
    }
    if (c != '\\') return std::nullopt;
    const auto point = take_escape(text);
    if (!point) return std::nullopt;
    append_utf8(out, *point);
  }
  if (!is_printable_utf8(out)) return std::nullopt;
  return out;
}

void append_utf8_address(std::string& out, std::string_view address, bool unitext) {
  while (!address.empty()) {
    const char c = address.front();
    if (is_quchar(c) || (unitext && is_high(c))) {
      out += c;
      address.remove_prefix(1);
      continue;
    }
    const std::uint32_t point = take_point(address);
    char digits[8];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, point, 16);
    out += kOpen;
    if (end - digits == 1) out += '0';
    for (const char* digit = digits; digit != end; ++digit) out += ascii_upper(*digit);
    out += '}';
  }
}

}  // namespace postern::smtp
