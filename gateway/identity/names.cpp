#include "identity/names.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "base/text.h"
#include "smtp/address.h"

namespace postern::identity {

namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_name_tail(char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '.' || c == '-'; }

}  // namespace

bool is_person_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPersonName && (is_lower(text[0]) || text[0] == '_') &&
         std::ranges::all_of(text, is_name_tail);
}

bool is_device_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxDeviceName && (is_lower(text[0]) || is_digit(text[0])) &&
         std::ranges::all_of(text, is_name_tail);
}

bool is_full_name(std::string_view text) {
  const auto allowed = [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != ':' && c != ',';
  };
  return text.size() <= kMaxFullName && is_utf8(text) && std::ranges::all_of(text, allowed);
}

bool is_public_key(std::string_view text) {
  constexpr std::size_t kKeySize = 32;
  const auto bytes = base64_decode(text);
  return bytes && bytes->size() == kKeySize && !std::ranges::all_of(*bytes, [](char c) { return c == '\0'; });
}

std::string normal_mac(std::string_view text) {
  constexpr std::size_t kMacText = 17;
  if (text.size() != kMacText) return {};
  std::string normal = to_lower(text);
  for (std::size_t i = 0; i < kMacText; ++i) {
    char& c = normal[i];
    if (i % 3 == 2) {
      if (c != ':' && c != '-') return {};
      c = ':';
    } else if (!is_digit(c) && (c < 'a' || c > 'f')) {
      return {};
    }
  }
  const bool group = std::string_view("13579bdf").contains(normal[1]);
  return group || normal == "00:00:00:00:00:00" ? std::string() : normal;
}

bool is_password(std::string_view bytes) {
  return !bytes.empty() && bytes.size() <= kMaxPassword && !bytes.contains('\0');
}

Result<std::string> normal_address(std::string_view text) {
  if (is_wildcard(text)) {
    const std::string domain = to_lower(text.substr(2));
    if (!smtp::is_domain(domain, smtp::Charset::kUtf8)) {
      return fail(ErrorCode::kInvalid, std::format("'{}' has no valid domain", printable(text)));
    }
    return "*@" + domain;
  }
  const auto mailbox = smtp::Mailbox::parse(text);
  if (!mailbox) return fail(mailbox.error().within(std::format("'{}'", printable(text))));
  return mailbox->text();
}

}  // namespace postern::identity
