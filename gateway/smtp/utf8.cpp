#include "smtp/utf8.h"

#include <algorithm>

#include "base/text.h"

namespace postern::smtp {

bool is_ascii(std::string_view text) { return std::ranges::none_of(text, is_high); }

bool is_printable_utf8(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; };
  if (std::ranges::any_of(text, is_control)) return false;
  if (is_ascii(text)) return true;
  if (!is_utf8(text) || text.contains("\xE2\x80\xA8") || text.contains("\xE2\x80\xA9")) return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return true;
}

}  // namespace postern::smtp
